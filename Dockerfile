# The server on stdio: docker run -i --rm -e GEXFOCUS_API_KEY IMAGE
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY gexfocus_mcp gexfocus_mcp
RUN python -m venv /opt/gexfocus-mcp \
    && /opt/gexfocus-mcp/bin/pip install --no-cache-dir .

FROM python:3.13-slim
# The registry takes an image for a server's own by this label.
LABEL io.modelcontextprotocol.server.name="io.github.gexfocus/gexfocus-mcp" \
      org.opencontainers.image.title="gexfocus-mcp" \
      org.opencontainers.image.licenses="MIT"
# A home for the shared store; a number, because Kubernetes cannot tell by a name that it is not root.
RUN useradd --uid 10001 --create-home gexfocus
COPY --from=build /opt/gexfocus-mcp /opt/gexfocus-mcp
ENV PATH="/opt/gexfocus-mcp/bin:$PATH"
USER 10001
WORKDIR /home/gexfocus
ENTRYPOINT ["gexfocus-mcp"]
