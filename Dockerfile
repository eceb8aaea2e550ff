# An agent: docker build -t quorate . && docker run -v ./node:/data quorate
# A network to try: deploy/compose.yaml
# Packages are fetched while the image is built; a container fetches nothing.

FROM node:24-bookworm-slim AS repository
WORKDIR /quorate
COPY --chown=node:node . .
RUN chown node:node /quorate
USER node
RUN npx -y pnpm@12 pack:all

FROM node:24-bookworm-slim AS installed
COPY --from=repository /quorate/dist/*.tgz /tarballs/
RUN npm install --prefix /opt/quorate --no-audit --no-fund --ignore-scripts /tarballs/*.tgz

FROM node:24-bookworm-slim AS agent
COPY --from=installed /opt/quorate /opt/quorate
ENV PATH=/opt/quorate/node_modules/.bin:$PATH \
    NODE_ENV=production \
    XDG_CACHE_HOME=/data/cache
# Keys, password, configuration and store: a volume of the operator's own, owned by user 1000.
RUN install -d -o node -g node -m 700 /data
WORKDIR /data
VOLUME /data
USER node
EXPOSE 4001 8900
STOPSIGNAL SIGTERM
# The agent's own listener for health, which strangers cannot fill.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9900/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["quorate"]
CMD ["run", "--config", "/data/agent.yaml"]
