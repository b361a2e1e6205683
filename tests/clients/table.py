"""The clients of the table: how each is installed, and how it is made to ask."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.clients.dialects import DONE
from tests.clients.hearing import Heard, Report, report_of
from tests.clients.installing import Unfinished, Workshop, run
from tests.clients.scripted_model import ScriptedModel


HERE: Final = Path(__file__).parent
QUESTIONS: Final = HERE / "questions.json"
_PROGRAMS: Final = HERE / "programs"
_PROMPT: Final = "Where do dealers stand?"


@dataclass(frozen=True)
class Setting:
    """What a client is given: where it may be installed, which server it starts, an empty home."""

    workshop: Workshop
    server: tuple[str, ...]
    home: Path
    questions: Mapping[str, dict[str, Any]]

    def finish(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> str:
        """Run a client to its end and give what it printed."""
        basis = {"HOME": str(self.home), "PATH": os.environ["PATH"], "TERM": "dumb"}
        try:
            done = run(command, folder or self.home, {**basis, **(env or {})}, 300)
        except subprocess.TimeoutExpired:
            raise Unfinished("not done after five minutes") from None
        if done.returncode:
            said = (done.stderr + done.stdout).strip()
            raise Unfinished(f"ended with {done.returncode}: {said[-600:]}")
        return done.stdout

    def program(self, python: Path, name: str, *arguments: str) -> Report:
        """One of the programs beside this file, in a client's own environment."""
        program = (str(python), str(_PROGRAMS / name))
        return report_of(
            self.finish([*program, *arguments, str(QUESTIONS), *self.server])
        )


@dataclass(frozen=True)
class Client:
    """
    A row of the table.

    Attributes:
        reads: Which of an answer's channels it hands on whole.
    """

    name: str
    version: str
    reads: str
    ask: Callable[[Setting], Report]


def python_sdk(version: str, mode: str, setting: Setting) -> Report:
    """An SDK of Python; the oldest need the pydantic of their time."""
    old = tuple(map(int, version.split("."))) < (1, 23)
    pins = ["pydantic<2.12"] if old else []
    python = setting.workshop.python(f"mcp-{version}", f"mcp=={version}", *pins)
    return setting.program(python, "python_sdk.py", mode)


def typescript_sdk(package: str, mode: str, setting: Setting) -> Report:
    """An SDK of TypeScript."""
    name = package.replace("@modelcontextprotocol/", "ts-").replace("@", "-")
    folder = setting.workshop.node(name, package)
    node = setting.workshop.node_folder / "node"
    program = (str(node), str(_PROGRAMS / "typescript_sdk.mjs"))
    command = [*program, mode, str(QUESTIONS), *setting.server]
    return report_of(setting.finish(command, folder=folder))


def library(package: str, program: str, setting: Setting) -> Report:
    """A library for agents, with a model scripted in the program."""
    name = package.partition("[")[0].partition("=")[0]
    return setting.program(setting.workshop.python(name, package), program)


def openai_agents(package: str, setting: Setting) -> Report:
    """The OpenAI Agents SDK, over its provider's own interface."""
    python = setting.workshop.python("openai-agents", package)
    with ScriptedModel(setting.questions) as model:
        env = {"OPENAI_BASE_URL": f"{model.url}/v1", "OPENAI_API_KEY": "none"}
        program = _PROGRAMS / "openai_agent.py"
        setting.finish([python, program, _PROMPT, *setting.server], env=env)
        return model.report


def inspector(package: str, setting: Setting) -> Report:
    """The Inspector's command line; its lint of the definitions must be clean."""
    binaries = setting.workshop.node("inspector", package) / "node_modules" / ".bin"
    env = {"PATH": setting.workshop.node_path(binaries)}
    program = binaries / "mcp-inspector"

    def call(*arguments: str) -> str:
        return setting.finish(
            [program, "--cli", *arguments, "--", *setting.server], env=env
        )

    call("--method", "tools/list", "--strict")
    listed = json.loads(call("-q", "--format", "json", "--method", "tools/list"))
    tools = listed.get("result", listed)["tools"]
    heard = {}
    for tool, arguments in setting.questions.items():
        given = ["--tool-name", tool, "--tool-args-json", json.dumps(arguments)]
        said = call("-q", "--format", "json", "--method", "tools/call", *given)
        result = json.loads(said)["result"]
        heard[tool] = Heard(
            result.get("isError", False),
            [
                *(part["text"] for part in result["content"] if "text" in part),
                json.dumps(result.get("structuredContent")),
            ],
            sum(part["type"] == "image" for part in result["content"]),
        )
    return Report(tuple(tool["name"] for tool in tools), heard)


def host(
    package: str,
    program: str,
    configure: Callable[[Setting, str], tuple[list[str], dict[str, str]]],
    setting: Setting,
) -> Report:
    """A host for people, with the scripted model behind it."""
    binaries = setting.workshop.node(program, package) / "node_modules" / ".bin"
    with ScriptedModel(setting.questions) as model:
        arguments, env = configure(setting, model.url)
        env["PATH"] = setting.workshop.node_path(binaries)
        said = setting.finish([binaries / program, *arguments], env=env)
        if DONE not in said:
            raise Unfinished(f"did not get to its end: {said[-600:]}")
        return model.report


def claude_code(setting: Setting, url: str) -> tuple[list[str], dict[str, str]]:
    """Claude Code, with every tool shown to the model at once."""
    command, *arguments = setting.server
    server = {"command": command, "args": arguments}
    config = setting.home / "mcp.json"
    config.write_text(json.dumps({"mcpServers": {"gexfocus": server}}))
    env = {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "none",
        "ENABLE_TOOL_SEARCH": "false",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    options = ["--mcp-config", str(config), "--strict-mcp-config"]
    return ["-p", _PROMPT, *options, "--allowedTools", "mcp__gexfocus"], env


def codex(setting: Setting, url: str) -> tuple[list[str], dict[str, str]]:
    """Codex, which waits for a server only where the server is required."""
    folder = setting.home / ".codex"
    folder.mkdir()
    command, *arguments = setting.server
    (folder / "config.toml").write_text(
        f"""\
model = "scripted"
model_provider = "scripted"
sandbox_mode = "danger-full-access"
approval_policy = "never"

[model_providers.scripted]
name = "scripted"
base_url = "{url}/v1"
wire_api = "responses"

[mcp_servers.gexfocus]
command = {json.dumps(command)}
args = {json.dumps(arguments)}
required = true
"""
    )
    return ["exec", "--skip-git-repo-check", _PROMPT], {}


def gemini(setting: Setting, url: str) -> tuple[list[str], dict[str, str]]:
    """Gemini CLI in a folder it trusts."""
    folder = setting.home / ".gemini"
    folder.mkdir()
    command, *arguments = setting.server
    server = {"command": command, "args": arguments, "trust": True}
    settings = {
        "mcpServers": {"gexfocus": server},
        "security": {"auth": {"selectedType": "gemini-api-key"}},
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    trusted = {str(setting.home): "TRUST_FOLDER"}
    (folder / "trustedFolders.json").write_text(json.dumps(trusted))
    env = {"GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": "none"}
    return ["-p", _PROMPT, "--yolo", "--model", "gemini-2.5-pro"], env


def _typescript(version: str) -> Client:
    package = f"@modelcontextprotocol/sdk@{version}"
    return Client(
        "TypeScript SDK", version, BOTH, partial(typescript_sdk, package, "sdk")
    )


def _typescript_client(mode: str) -> Client:
    package = "@modelcontextprotocol/client@2.4.0"
    return Client(
        f"TypeScript client, {mode}",
        "2.4.0",
        BOTH,
        partial(typescript_sdk, package, mode),
    )


def _python(version: str, mode: str = "session") -> Client:
    name = "Python SDK" if mode == "session" else f"Python SDK, {mode}"
    return Client(name, version, BOTH, partial(python_sdk, version, mode))


def _library(name: str, package: str, program: str, reads: str) -> Client:
    version = package.partition("==")[2]
    return Client(name, version, reads, partial(library, package, program))


def _host(
    name: str,
    package: str,
    program: str,
    configure: Callable[[Setting, str], tuple[list[str], dict[str, str]]],
    reads: str,
) -> Client:
    version = package.rpartition("@")[2]
    return Client(name, version, reads, partial(host, package, program, configure))


TEXT, JSON, BOTH = "text", "JSON", "text and JSON"

CLIENTS: Final = (
    _host(
        "Claude Code", "@anthropic-ai/claude-code@2.1.329", "claude", claude_code, JSON
    ),
    _host("Codex", "@openai/codex@0.169.0", "codex", codex, JSON),
    _host("Gemini CLI", "@google/gemini-cli@0.61.0", "gemini", gemini, TEXT),
    Client(
        "MCP Inspector",
        "2.12.0",
        BOTH,
        partial(inspector, "@modelcontextprotocol/inspector@2.12.0"),
    ),
    _library(
        "langchain-mcp-adapters",
        "langchain-mcp-adapters==0.3.2",
        "langchain_adapters.py",
        TEXT,
    ),
    _library("pydantic-ai", "pydantic-ai-slim[mcp]==2.68.0", "pydantic_agent.py", JSON),
    Client(
        "openai-agents", "0.24.0", TEXT, partial(openai_agents, "openai-agents==0.24.0")
    ),
    _library("fastmcp", "fastmcp==4.2.3", "fastmcp_client.py", BOTH),
    *map(_typescript, ("1.8.0", "1.11.4", "1.13.3", "1.20.2", "1.25.3", "1.32.2")),
    *map(_typescript_client, ("legacy", "auto")),
    *map(_python, ("1.8.1", "1.9.4", "1.10.1", "1.16.0", "1.23.0", "1.30.0", "2.3.0")),
    *(_python("2.3.0", mode) for mode in ("legacy", "auto")),
)
