// What a Lambda function finds around itself, as far as it reaches no file, network or host.
export default (host) => {
  // Taken before any handler can change them.
  const { parse, stringify } = JSON;
  const timers = Object.create(null);
  let lastTimer = 0;

  class Timeout {
    constructor(id) { this.id = id; }
    ref() { return this; }
    unref() { return this; }
    hasRef() { return true; }
    refresh() { const timer = timers[this.id]; if (timer) host.setTimer(this.id, timer.delay); return this; }
    close() { globalThis.clearTimeout(this); return this; }
    [Symbol.toPrimitive]() { return this.id; }
  }

  const schedule = (callback, delay, args, repeats) => {
    if (typeof callback !== 'function') {
      throw new TypeError(`The "callback" argument must be of type function. Received ${inspect(callback, 0)}`);
    }
    const id = ++lastTimer;
    timers[id] = { callback, delay, args, repeats };
    host.setTimer(id, delay);
    return new Timeout(id);
  };
  // Node's rule: what is not between 1 and 2^31 - 1 milliseconds is 1 millisecond.
  const legal = (delay) => { const wanted = Number(delay); return wanted >= 1 && wanted <= 2147483647 ? wanted : 1; };
  const clear = (timer) => {
    const id = timer !== null && typeof timer === 'object' ? timer.id : Number(timer);
    if (id in timers) { delete timers[id]; host.clearTimer(id); }
  };

  const inspect = (value, depth = 2, seen = []) => {
    if (typeof value === 'string') return seen.length || depth < 2 ? `'${value}'` : value;
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'symbol') return value.toString();
    if (typeof value === 'function') return `[Function: ${value.name || '(anonymous)'}]`;
    if (value === null || typeof value !== 'object') return Object.is(value, -0) ? '-0' : String(value);
    if (value instanceof Error) return describe(value).trace.join('\n');
    if (value instanceof Date) return value.toISOString();
    if (seen.includes(value)) return '[Circular *1]';
    if (seen.length > depth) return Array.isArray(value) ? '[Array]' : '[Object]';
    const inner = (item) => inspect(item, depth, [...seen, value]);
    if (Array.isArray(value)) return value.length ? `[ ${value.map(inner).join(', ')} ]` : '[]';
    const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`);
    const fields = Object.entries(value).map(([name, item]) => `${key(name)}: ${inner(item)}`);
    return fields.length ? `{ ${fields.join(', ')} }` : '{}';
  };
  const format = (args) => args.map((value) => inspect(value)).join(' ');

  // As Lambda's own runtime turns errors into an answer.
  const read = (object, name) => { try { return object[name]; } catch { return undefined; } };
  const describe = (error) => {
    if (error instanceof Error) {
      const name = `${read(error, 'name')}`;
      const message = `${read(error, 'message')}`;
      const frames = `${read(error, 'stack') ?? ''}`.split('\n')
        .filter((line) => line.trim() !== '' && !line.includes('(node:lambda'));
      return {
        errorType: name,
        errorMessage: message,
        trace: frames[0]?.startsWith(name) ? frames : [`${name}: ${message}`, ...frames],
      };
    }
    let message;
    try { message = String(error); } catch { message = Object.prototype.toString.call(error); }
    return { errorType: typeof error, errorMessage: message, trace: [] };
  };
  // What is thrown may itself throw when it is looked at, and memory may be short: a failure stays one all the same.
  const beyondWords = '{"errorType":"Error","errorMessage":"the error cannot be described","trace":[]}';
  const told = (error) => { try { return stringify(describe(error)) ?? beyondWords; } catch { return beyondWords; } };

  const RealDate = Date;
  globalThis.Date = class Date extends RealDate {
    constructor(...parts) { if (parts.length) super(...parts); else super(host.now()); }
    static now() { return host.now(); }
  };

  globalThis.global = globalThis;
  globalThis.setTimeout = (callback, delay, ...args) => schedule(callback, legal(delay), args, false);
  globalThis.setInterval = (callback, delay, ...args) => schedule(callback, legal(delay), args, true);
  globalThis.setImmediate = (callback, ...args) => schedule(callback, 0, args, false);
  globalThis.clearTimeout = globalThis.clearInterval = globalThis.clearImmediate = clear;
  globalThis.queueMicrotask ??= (callback) => { Promise.resolve().then(callback); };

  let requestId = 'undefined';
  const write = (level) => (...args) => host.log(`${new Date().toISOString()}\t${requestId}\t${level}\t${format(args)}`);
  globalThis.console = {
    log: write('INFO'), info: write('INFO'), debug: write('DEBUG'), trace: write('TRACE'),
    warn: write('WARN'), error: write('ERROR'), dir: write('INFO'), time() {}, timeEnd() {}, table: write('INFO'),
  };
  globalThis.process = {
    env: Object.assign(Object.create(null), host.env),
    argv: ['node'], execArgv: [], pid: 1, platform: 'linux', arch: 'x64', version: host.nodeVersion,
    versions: { node: host.nodeVersion.slice(1) },
    cwd: () => '/var/task',
    uptime: () => (host.now() - host.startedAt) / 1000,
    hrtime: Object.assign(
      () => { const now = host.now() - host.startedAt; return [Math.floor(now / 1000), Math.round((now % 1000) * 1e6)]; },
      { bigint: () => BigInt(Math.round((host.now() - host.startedAt) * 1e6)) },
    ),
    nextTick: (callback, ...args) => { Promise.resolve().then(() => callback(...args)); },
    on() { return this; }, once() { return this; }, emit: () => false, emitWarning() {},
    exit: (code) => { throw new Error(`process.exit(${code}) is not supported: return from the handler`); },
  };

  const sleep = (delay, value) => new Promise((resolve) => setTimeout(resolve, delay, value));
  const builtins = {
    timers: { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate },
    'timers/promises': { setTimeout: sleep, setImmediate: (value) => sleep(0, value) },
    process: globalThis.process,
    console: globalThis.console,
  };
  const builtin = (name) => {
    const found = builtins[name.replace(/^node:/, '')];
    if (found) return found;
    const error = new Error(
      `Cannot find module '${name}': functions run here reach no file, network or host; `
      + `available are ${Object.keys(builtins).join(', ')}`,
    );
    error.code = 'MODULE_NOT_FOUND';
    throw error;
  };

  let settled = true;
  const settle = (waits, succeeded, text) => { if (!settled) { settled = true; host.settle(waits, succeeded, text); } };
  const fail = (error, waits = false) => settle(waits, false, told(error));

  return {
    builtin,
    describe: told,

    invoke(handler, payload, meta) {
      settled = false;
      requestId = meta.awsRequestId;
      const succeed = (result, waits = false) => {
        try {
          settle(waits, true, stringify(result === undefined ? null : result) ?? 'null');
        } catch (error) {
          const message = `Unable to stringify response body: ${read(error, 'message')}`;
          settle(waits, false, stringify({ errorType: 'Runtime.MarshalError', errorMessage: message, trace: [] }));
        }
      };
      const context = {
        callbackWaitsForEmptyEventLoop: true,
        ...meta,
        getRemainingTimeInMillis: () => Math.max(0, host.remaining()),
      };
      const callback = (error, result) => {
        const waits = context.callbackWaitsForEmptyEventLoop;
        if (error === undefined || error === null) succeed(result, waits); else fail(error, waits);
      };
      const callbacks = handler.callbacks;
      if (callbacks) {
        Object.assign(context, {
          done: (error, result) => callback(error, result),
          succeed: (result) => succeed(result),
          fail: (error) => fail(error ?? new Error('Unknown error')),
        });
      }
      try {
        const event = parse(payload);
        const answer = callbacks ? handler.run(event, context, callback) : handler.run(event, context);
        if (answer !== null && typeof answer === 'object' && typeof answer.then === 'function') {
          // A failure to answer, as when memory is short, must not pass for no answer.
          Promise.resolve(answer).then((result) => succeed(result), (error) => fail(error))
            .then(undefined, () => host.crash());
        }
      } catch (error) {
        fail(error);
      }
    },

    fire(id) {
      const timer = timers[id];
      if (!timer) return;
      if (timer.repeats) host.setTimer(id, timer.delay); else delete timers[id];
      try {
        timer.callback(...timer.args);
      } catch (error) {
        fail(error);
        host.crash();
      }
    },
  };
};
