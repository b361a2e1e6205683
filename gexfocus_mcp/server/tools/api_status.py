"""What the server used of its budgets, remembers and has open."""

from importlib.metadata import version

from mcp.server.mcpserver import Context

from gexfocus_mcp.server.answer import Answer
from gexfocus_mcp.server.front_door import FrontDoor


async def api_status(ctx: Context[FrontDoor]) -> Answer:
    """
    Requests used and left in both budgets, cooldown, cache, open streams, key, source and the session
    clock. Asks the upstream nothing and costs nothing: look here before many calls or after a refusal.
    """
    from gexfocus_mcp.render.status import status_answer

    desk = await ctx.request_context.lifespan_context.desk()
    return status_answer(await desk.status(), version("gexfocus-mcp"))
