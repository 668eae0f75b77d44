# One image for every part: the API (default command), the worker, the migrations and the command line.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# `optionalDependencies` are what `npm start` brings for a developer's machine: PostgreSQL and a Node of its own. They
# are taken out of the copy instead of omitted, because `--omit=optional` would also drop the native part of swc, with
# which the worker bundles the workflows. `npm ci` refuses a lock made on another platform; this installs what it locks.
RUN npm pkg delete devDependencies optionalDependencies \
  && npm install --no-save --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 NODE_OPTIONS=--disable-warning=ExperimentalWarning
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY src ./src
COPY workflows ./workflows
COPY activities ./activities
# The files stay root's: the process can read and not change what it runs.
USER node
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
  CMD ["node", "src/main/health-check.ts", "api"]
CMD ["node", "src/main/api.ts"]
