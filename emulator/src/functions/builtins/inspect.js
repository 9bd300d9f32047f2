// How values are shown, as Node.js shows them: `util.inspect`, `util.format` and the console.
export default (host, part) => {
  const WIDTH = 80;
  const MOST_ITEMS = 100;
  const LONGEST_TEXT = 10_000;
  const custom = Symbol.for('nodejs.util.inspect.custom');
  const sourceOf = Function.prototype.toString;
  const isKind = (value, kind) => Object.prototype.toString.call(value) === `[object ${kind}]`;
  const isEnumerable = (value, key) => Object.prototype.propertyIsEnumerable.call(value, key);

  const escapes = { '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r', '\\': '\\\\' };
  const quoted = (text) => {
    const free = !text.includes("'") ? "'" : ['"', '`'].find((mark) => !text.includes(mark) && !(mark === '`' && text.includes('${')));
    const mark = free ?? "'";
    const inner = text.replace(/[\u0000-\u001f\u007f-\u009f\\']|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, (symbol) => {
      if (symbol === "'") return mark === "'" ? "\\'" : symbol;
      const code = symbol.charCodeAt(0);
      return escapes[symbol] ?? (code > 255 ? `\\u${code.toString(16).toUpperCase()}` : `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`);
    });
    return mark + inner + mark;
  };
  const textIn = (context, text) => {
    let shown = text;
    let rest = '';
    if (shown.length > context.maxStringLength) {
      const left = shown.length - context.maxStringLength;
      shown = shown.slice(0, context.maxStringLength);
      rest = `... ${left} more character${left > 1 ? 's' : ''}`;
    }
    if (context.seen.length && shown.length > 16 && shown.length > context.breakLength - context.indent - 4) {
      const lines = shown.split(/(?<=\n)/);
      return lines.map(quoted).join(` +\n${' '.repeat(context.indent + 2)}`) + rest;
    }
    return quoted(shown) + rest;
  };
  const number = (value) => (Object.is(value, -0) ? '-0' : String(value));

  const constructorOf = (value) => {
    for (let at = value; at !== null; at = Object.getPrototypeOf(at)) {
      const its = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
      if (typeof its === 'function' && its.name !== '') return its.name;
    }
    return null;
  };
  // What stands before the bracket: nothing if that is how literals are written.
  const prefix = (value, usual, plain, size) => {
    const name = constructorOf(value);
    const measure = size === undefined ? '' : `(${size})`;
    let tag = value[Symbol.toStringTag];
    tag = typeof tag === 'string' && tag !== '' && tag !== name ? ` [${tag}]` : '';
    if (name === null) return `[${usual}${measure}: null prototype]${tag} `;
    return name === plain && tag === '' ? '' : `${name}${measure}${tag} `;
  };

  const describeFunction = (value) => {
    const source = sourceOf.call(value);
    if (/^class\b/.test(source)) {
      const parent = Object.getPrototypeOf(value)?.name;
      return `[class ${value.name || '(anonymous)'}${parent ? ` extends ${parent}` : ''}]`;
    }
    const kind = constructorOf(value) ?? 'Function';
    return value.name ? `[${kind}: ${value.name}]` : `[${kind} (anonymous)]`;
  };

  const keyed = (context, value, key) => {
    const property = Object.getOwnPropertyDescriptor(value, key);
    let shown;
    if (property.get) shown = property.set ? '[Getter/Setter]' : '[Getter]';
    else if (property.set) shown = '[Setter]';
    else {
      context.indent += 2;
      shown = show(context, property.value);
      context.indent -= 2;
    }
    if (typeof key === 'symbol') return `[${String(key)}]: ${shown}`;
    if (!property.enumerable) return `[${key}]: ${shown}`;
    return `${/^[A-Za-z_][A-Za-z_0-9]*$/.test(key) ? key : quoted(key)}: ${shown}`;
  };
  const within = (context, value) => {
    context.indent += 2;
    const shown = show(context, value);
    context.indent -= 2;
    return shown;
  };
  const more = (left) => `... ${left} more item${left > 1 ? 's' : ''}`;

  // Items of an array, of which only the first ones are shown; holes are counted.
  const items = (context, value) => {
    const shown = [];
    const most = Math.min(context.maxArrayLength, value.length);
    let at = 0;
    for (; at < value.length && shown.length < most; at += 1) {
      if (Object.hasOwn(value, at)) {
        shown.push(within(context, value[at]));
        continue;
      }
      let end = at;
      while (end < value.length && !Object.hasOwn(value, end)) end += 1;
      shown.push(`<${end - at} empty item${end - at > 1 ? 's' : ''}>`);
      at = end - 1;
    }
    if (at < value.length) shown.push(more(value.length - at));
    return shown;
  };
  const some = (context, values, size, one) => {
    const shown = [];
    for (const value of values) {
      if (shown.length >= context.maxArrayLength) { shown.push(more(size - shown.length)); break; }
      shown.push(one(value));
    }
    return shown;
  };

  // On one line if it is short and not deep, else one line for each part.
  const together = (context, parts, base, open, close) => {
    const head = base === '' ? '' : `${base} `;
    if (context.deepest - context.seen.length < 3) {
      const start = parts.length + context.indent + open.length + base.length + 10;
      const length = parts.reduce((sum, part) => sum + part.length, parts.length + start);
      if (length <= context.breakLength && !base.includes('\n') && !parts.some((part) => part.includes('\n'))) {
        return `${head}${open} ${parts.join(', ')} ${close}`;
      }
    }
    const line = `\n${' '.repeat(context.indent)}`;
    return `${head}${open}${line}  ${parts.join(`,${line}  `)}${line}${close}`;
  };

  const parts = (context, value) => {
    let keys = Object.keys(value);
    const symbols = Object.getOwnPropertySymbols(value).filter((key) => context.showHidden || isEnumerable(value, key));
    const keysOf = () => [...keys, ...symbols].map((key) => keyed(context, value, key));
    const isIndex = (key) => /^(?:0|[1-9]\d*)$/.test(key);
    if (Array.isArray(value)) {
      keys = keys.filter((key) => !isIndex(key));
      if (context.showHidden) keys = ['length', ...keys];
      return { open: `${prefix(value, 'Array', 'Array', value.length)}[`, close: ']', parts: () => [...items(context, value), ...keysOf()] };
    }
    if (value instanceof Map && isKind(value, 'Map')) {
      const entry = ([key, item]) => `${within(context, key)} => ${within(context, item)}`;
      return { open: `${prefix(value, 'Map', '', value.size)}{`, close: '}', parts: () => [...some(context, Map.prototype.entries.call(value), value.size, entry), ...keysOf()] };
    }
    if (value instanceof Set && isKind(value, 'Set')) {
      return { open: `${prefix(value, 'Set', '', value.size)}{`, close: '}', parts: () => [...some(context, Set.prototype.values.call(value), value.size, (item) => within(context, item)), ...keysOf()] };
    }
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      keys = keys.filter((key) => !isIndex(key));
      const size = value.length;
      return { open: `${prefix(value, 'TypedArray', '', size)}[`.replace(/ \[\w+\] \[$/, ' ['), close: ']', parts: () => [...some(context, value, size, (item) => show(context, item)), ...keysOf()] };
    }
    if (value instanceof ArrayBuffer) {
      const bytes = [...new Uint8Array(value, 0, Math.min(50, value.byteLength))].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
      return { open: 'ArrayBuffer {', close: '}', parts: () => [`[Uint8Contents]: <${bytes}>`, `byteLength: ${value.byteLength}`, ...keysOf()] };
    }
    const based = (base) => ({ base, open: '{', close: '}', parts: keysOf });
    if (typeof value === 'function') return based(describeFunction(value));
    if (isKind(value, 'Arguments')) return { open: '[Arguments] {', close: '}', parts: keysOf };
    if (value instanceof RegExp) return based(RegExp.prototype.toString.call(value));
    if (value instanceof Date) return based(Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString());
    if (value instanceof Error) {
      keys = keys.filter((key) => !['name', 'message', 'stack'].includes(key));
      const hidden = ['cause', 'errors'].filter((key) => Object.hasOwn(value, key) && !isEnumerable(value, key));
      keys = [...keys, ...hidden];
      const trace = part('failure').traceOf(value);
      return based(trace.length > 1 ? trace.join('\n').replaceAll('\n', `\n${' '.repeat(context.indent)}`) : `[${trace[0]}]`);
    }
    for (const kind of [Number, String, Boolean]) {
      if (value instanceof kind) {
        keys = keys.filter((key) => kind !== String || !isIndex(key));
        return based(`[${kind.name}: ${show({ ...context, seen: [] }, kind.prototype.valueOf.call(value))}]`);
      }
    }
    if (value instanceof WeakMap || value instanceof WeakSet) return { open: `${constructorOf(value)} {`, close: '}', parts: () => ['<items unknown>', ...keysOf()] };
    if (isKind(value, 'Module') && constructorOf(value) === null) return { open: '[Module: null prototype] {', close: '}', parts: keysOf };
    return { open: `${prefix(value, 'Object', 'Object')}{`, close: '}', parts: keysOf, plain: true };
  };

  const show = (context, value) => {
    switch (typeof value) {
      case 'string': return textIn(context, value);
      case 'number': return number(value);
      case 'bigint': return `${value}n`;
      case 'symbol': return value.toString();
      case 'undefined': case 'boolean': return String(value);
    }
    if (value === null) return 'null';
    const its = value[custom];
    if (typeof its === 'function' && its !== inspect && context.customInspect) {
      const shown = its.call(value, context.depth === null ? null : context.depth - context.seen.length, { ...context, seen: [] }, inspect);
      if (shown !== value) return typeof shown === 'string' ? shown.replaceAll('\n', `\n${' '.repeat(context.indent)}`) : show(context, shown);
    }
    if (context.seen.includes(value)) {
      if (!context.circular.has(value)) context.circular.set(value, context.circular.size + 1);
      return `[Circular *${context.circular.get(value)}]`;
    }
    const { base = '', open, close, parts: list } = parts(context, value);
    const isDeep = context.depth !== null && context.seen.length > context.depth;
    if (isDeep && base === '') return Array.isArray(value) ? '[Array]' : `[${prefix(value, 'Object', '').trim() || 'Object'}]`;
    if (isDeep) return base;
    context.deepest = context.seen.length;
    context.seen.push(value);
    const shown = list();
    context.seen.pop();
    const reference = context.circular.has(value) ? `<ref *${context.circular.get(value)}> ` : '';
    if (shown.length === 0) return reference + (base === '' ? `${open}${close}` : base);
    return together(context, shown, reference.trim() + (reference && base ? ' ' : '') + base, open, close);
  };

  const inspect = (value, options = {}, depth, ..._rest) => {
    const given = typeof options === 'boolean' ? { showHidden: options, ...(depth === undefined ? {} : { depth }) } : options ?? {};
    return show({
      depth: given.depth === undefined ? 2 : given.depth === Infinity ? null : given.depth,
      showHidden: given.showHidden ?? false,
      customInspect: given.customInspect ?? true,
      breakLength: given.breakLength ?? WIDTH,
      maxArrayLength: given.maxArrayLength === null ? Infinity : given.maxArrayLength ?? MOST_ITEMS,
      maxStringLength: given.maxStringLength === null ? Infinity : given.maxStringLength ?? LONGEST_TEXT,
      seen: [], indent: 0, deepest: 0, circular: new Map(),
    }, value);
  };
  inspect.custom = custom;

  // Whether `toString` is one of the language and not of the handler.
  const hasOwnText = (value) => {
    let at = value;
    while (at !== null && !Object.hasOwn(at, 'toString')) at = Object.getPrototypeOf(at);
    if (at === null) return false;
    const maker = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    return at === value || typeof maker !== 'function' || globalThis[maker.name] !== maker;
  };
  const asNumber = (value, read) => {
    if (typeof value === 'bigint') return `${value}n`;
    return typeof value === 'symbol' ? 'NaN' : number(read(value));
  };
  const asJson = (value) => {
    try {
      return JSON.stringify(value);
    } catch (error) {
      if (/circular/i.test(error.message)) return '[Circular]';
      throw error;
    }
  };
  const written = {
    s: (value) => {
      if (typeof value === 'number') return number(value);
      if (typeof value === 'bigint') return `${value}n`;
      if (typeof value !== 'object' || value === null || hasOwnText(value)) return String(value);
      return inspect(value, { depth: 0 });
    },
    d: (value) => asNumber(value, Number),
    i: (value) => (typeof value === 'bigint' ? `${value}n` : asNumber(value, Number.parseInt)),
    f: (value) => (typeof value === 'symbol' ? 'NaN' : number(Number.parseFloat(value))),
    j: (value) => String(asJson(value)),
    o: (value) => inspect(value, { showHidden: true, depth: 4 }),
    O: (value) => inspect(value),
    c: () => '',
  };

  const format = (...args) => {
    let next = 0;
    let text = '';
    if (typeof args[0] === 'string') {
      next = 1;
      text = args.length === 1 ? args[0] : args[0].replace(/%([sdifjoOc%])/g, (found, kind) => {
        if (kind === '%') return '%';
        if (next >= args.length) return found;
        next += 1;
        return written[kind](args[next - 1]);
      });
    }
    const rest = args.slice(next).map((value) => (typeof value === 'string' ? value : inspect(value)));
    return next === 0 ? rest.join(' ') : [text, ...rest].join(' ');
  };

  return { inspect, format };
};
