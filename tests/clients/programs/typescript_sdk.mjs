// The TypeScript SDK of either version: 1 (`sdk`), or the client of 2 in the era it is told.
//
//     node typescript_sdk.mjs sdk|auto|legacy QUESTIONS COMMAND [ARGUMENT ...]     (from a folder with the package)
//
// Prints what it was given, as JSON.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const installed = createRequire(`${process.cwd()}/`);
const [mode, questions, command, ...args] = process.argv.slice(2);
const [core, stdio] =
  mode === "sdk"
    ? ["@modelcontextprotocol/sdk/client/index.js", "@modelcontextprotocol/sdk/client/stdio.js"]
    : ["@modelcontextprotocol/client", "@modelcontextprotocol/client/stdio"];
const { Client } = installed(core);
const { StdioClientTransport } = installed(stdio);

const options = mode === "sdk" ? { capabilities: {} } : { versionNegotiation: { mode } };
const client = new Client({ name: "table", version: "1" }, options);
await client.connect(new StdioClientTransport({ command, args }));
const tools = (await client.listTools()).tools.map((tool) => tool.name);
const heard = {};
for (const [tool, given] of Object.entries(JSON.parse(readFileSync(questions)))) {
  const result = await client.callTool({ name: tool, arguments: given });
  const texts = result.content.filter((part) => part.type === "text").map((part) => part.text);
  heard[tool] = {
    failed: result.isError ?? false,
    texts: [...texts, JSON.stringify(result.structuredContent ?? null)],
    images: result.content.filter((part) => part.type === "image").length,
  };
}
console.log(JSON.stringify({ tools, heard }));
await client.close();
