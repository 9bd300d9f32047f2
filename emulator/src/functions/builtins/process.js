// `process`, as far as it tells and ends.
export default (host) => {
  const process = {
    env: Object.assign(Object.create(null), host.env()),
    argv: ['node'], execArgv: [], pid: 1, platform: 'linux', arch: 'x64', version: host.nodeVersion,
    versions: { node: host.nodeVersion.slice(1) },
    exitCode: undefined,
    cwd: () => '/var/task',
    uptime: () => (host.now() - host.startedAt) / 1000,
    hrtime: Object.assign(
      () => { const now = host.now() - host.startedAt; return [Math.floor(now / 1000), Math.round((now % 1000) * 1e6)]; },
      { bigint: () => BigInt(Math.round((host.now() - host.startedAt) * 1e6)) },
    ),
    nextTick: (callback, ...args) => { Promise.resolve().then(() => callback(...args)); },
    on() { return this; }, once() { return this; }, emit: () => false, emitWarning() {},
    // Nothing of the handler runs after it: the loop ends when the engine looks next whether it is to go on.
    exit: (code = process.exitCode) => {
      host.exit((Number(code ?? 0) || 0) & 255);
      for (;;);
    },
  };
  return process;
};
