// Errors as the runtime of Lambda tells them (`Errors.js` and `UserFunction.js` of its interface client).
export default () => {
  // Absent they stay `undefined` for whoever asks; whoever uses them is told that the handler is not at fault.
  const absent = new Set([
    'AbortController', 'AbortSignal', 'Blob', 'BroadcastChannel', 'CompressionStream', 'DecompressionStream', 'Event', 'EventSource',
    'EventTarget', 'File', 'FormData', 'Headers', 'Intl', 'MessageChannel', 'ReadableStream', 'Request', 'Response', 'TransformStream',
    'WebAssembly', 'WebSocket', 'WritableStream', 'XMLHttpRequest', 'fetch', 'navigator',
  ]);
  const explain = (error, message) => {
    const name = error instanceof ReferenceError ? /^(\w+) is not defined$/.exec(message)?.[1] : undefined;
    if (!absent.has(name)) return message;
    return `${message}: the emulator runs handlers without ${name}. Run the function elsewhere and name it with --lambda-endpoint, or mock its task with --mocks`;
  };

  const isText = (value) => typeof value === 'string' && value !== '';
  // An object that looks like an error counts as one.
  const isError = (error) => Error.isError(error) || Boolean(error && isText(error.name) && isText(error.message) && isText(error.stack));
  const escaped = (text) => (text === undefined || text === null ? undefined : text.replaceAll('\x7F', '%7F'));
  const isFrame = (line) => /^\s+at /.test(line);
  // The engine writes the frames alone, where Node.js begins with name and message.
  const traced = (head, stack) => {
    const lines = stack.split('\n');
    const frames = lines.filter((line) => line.trim() !== '');
    if (!frames.every(isFrame)) return lines;
    return [...head.split('\n'), ...frames.filter((line) => !line.includes('(node:'))];
  };
  const heading = (name, message) => (message ? `${name}: ${message}` : `${name}`);

  const describe = (error) => {
    if (!isError(error)) return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
    const [name, written, stack] = [escaped(error.name), escaped(error.message), escaped(error.stack)];
    const message = explain(error, written);
    return { errorType: name, errorMessage: message, trace: traced(heading(name, message), stack) };
  };
  // An error of the runtime itself that is made of another one.
  const wrapped = (kind, error, message) => {
    const name = `Runtime.${kind}`;
    let frames = [];
    try { frames = describe(error).trace.filter(isFrame); } catch { /* It has none that can be read. */ }
    return { errorType: name, errorMessage: message, trace: [...heading(name, message).split('\n'), ...frames] };
  };

  return {
    describe,
    explain,
    // For the console, which shows errors that cannot be answered, too.
    traceOf(error) {
      try {
        const { trace } = describe(error);
        if (trace.length) return trace;
      } catch { /* It has no stack that can be read. */ }
      try { return [Error.prototype.toString.call(error)]; } catch { return ['Error']; }
    },
    unhandled(reason) {
      let message;
      try { message = reason === undefined ? '' : `${reason}`; } catch { message = 'the reason cannot be described'; }
      if (reason instanceof Error) message = heading(describe(reason).errorType, describe(reason).errorMessage);
      return wrapped('UnhandledPromiseRejection', reason, message);
    },
    // Why a module does not load, for whoever invokes the function.
    unloaded(error) {
      if (error instanceof SyntaxError) return wrapped('UserCodeSyntaxError', error, `${error}`);
      if (error?.code === 'MODULE_NOT_FOUND') return wrapped('ImportModuleError', error, `${error}`);
      return describe(error);
    },
  };
};
