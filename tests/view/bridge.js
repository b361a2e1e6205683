// The official host side of MCP Apps, around one frame; bundled by .ci/view for the tests beside this file.
import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

window.startHost = async (frame, theme, callTool) => {
  const bridge = new AppBridge(
    null,
    { name: "test-host", version: "1" },
    { serverTools: {}, updateModelContext: { text: {} }, openLinks: {} },
    { hostContext: { theme } },
  );
  window.seen = { context: [], sizes: [] };
  bridge.oncalltool = (params) => callTool(params.name, params.arguments ?? {});
  bridge.onupdatemodelcontext = async (params) => { window.seen.context.push(params); return {}; };
  bridge.onsizechange = (params) => window.seen.sizes.push(params);
  const ready = new Promise((resolve) => { bridge.oninitialized = resolve; });
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  window.bridge = bridge;
  await ready;
};
