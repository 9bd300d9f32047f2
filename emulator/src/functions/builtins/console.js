// `console`: each call is a line of the function's log.
export default (host, part) => {
  const isPlain = (value) => typeof value === 'string' || (typeof value === 'number' && value !== 0) || typeof value === 'boolean';
  const format = (args) => {
    const text = args.every(isPlain) && !(args.length > 1 && `${args[0]}`.includes('%')) ? args.join(' ') : part('inspect').format(...args);
    return host.margin ? host.margin + text.replaceAll('\n', `\n${host.margin}`) : text;
  };
  const write = (level) => (...args) => host.log(`${new Date().toISOString()}\t${host.requestId}\t${level}\t${format(args)}`.toWellFormed());
  const [info, error, warn] = ['INFO', 'ERROR', 'WARN'].map(write);
  const group = (...args) => { if (args.length) info(...args); host.margin += '  '; };
  const marks = new Map();
  const counts = new Map();
  const since = (label) => `${label}: ${Math.round((host.now() - marks.get(label)) * 1000) / 1000}ms`;
  return {
    log: info, info, debug: write('DEBUG'), warn, error, table: info,
    trace: (...args) => write('TRACE')(`Trace: ${format(args)}`),
    dir: (value, options) => info(part('inspect').inspect(value, { customInspect: false, ...options })),
    assert: (value, ...args) => { if (!value) warn(...(typeof args[0] === 'string' ? [`Assertion failed: ${args[0]}`, ...args.slice(1)] : ['Assertion failed', ...args])); },
    group, groupCollapsed: group, groupEnd: () => { host.margin = host.margin.slice(2); },
    count: (label = 'default') => { counts.set(label, (counts.get(label) ?? 0) + 1); info(`${label}: ${counts.get(label)}`); },
    countReset: (label = 'default') => { counts.delete(label); },
    time: (label = 'default') => { marks.set(label, host.now()); },
    timeLog: (label = 'default', ...args) => { if (marks.has(label)) info(since(label), ...args); },
    timeEnd: (label = 'default') => { if (marks.has(label)) info(since(label)); marks.delete(label); },
  };
};
