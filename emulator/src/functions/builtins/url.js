// `URL` and `URLSearchParams`; `host.url` reads and changes addresses.
export default (host) => {
  const [HREF, ORIGIN, PROTOCOL, USERNAME, PASSWORD, HOST, HOSTNAME, PORT, PATHNAME, SEARCH, HASH] = Array.from({ length: 11 }, (_, at) => at);
  const custom = Symbol.for('nodejs.util.inspect.custom');
  const decode = (text) => {
    const bytes = encodeURIComponent(text.replaceAll('+', ' ').toWellFormed()).replace(/%25([0-9a-f]{2})/gi, '%$1');
    const codes = bytes.replace(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
    return host.text(codes, false);
  };
  const encode = (text) => encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (symbol) => `%${symbol.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
  const changed = Symbol('changed');
  const refill = Symbol('refill');

  class URLSearchParams {
    #pairs = [];
    constructor(init = '') {
      Object.defineProperty(this, changed, { value: undefined, writable: true });
      if (init === null || typeof init !== 'object') this[refill](String(init).replace(/^\?/, ''));
      else if (typeof init[Symbol.iterator] === 'function') {
        for (const pair of init) {
          const entry = [...pair];
          if (entry.length !== 2) throw Object.assign(new TypeError('Each query pair must be an iterable [name, value] tuple'), { code: 'ERR_INVALID_TUPLE' });
          this.#pairs.push(entry.map(String));
        }
      } else this.#pairs = Object.keys(init).map((name) => [name, String(init[name])]);
    }
    [refill](text) {
      const read = (pair) => { const at = pair.indexOf('='); return at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))]; };
      this.#pairs = text.split('&').filter((pair) => pair !== '').map(read);
    }
    #tell() { this[changed]?.(); }
    get size() { return this.#pairs.length; }
    append(name, value) { this.#pairs.push([String(name), String(value)]); this.#tell(); }
    delete(name, value) {
      this.#pairs = this.#pairs.filter((pair) => pair[0] !== String(name) || (value !== undefined && pair[1] !== String(value)));
      this.#tell();
    }
    get(name) { return this.#pairs.find((pair) => pair[0] === String(name))?.[1] ?? null; }
    getAll(name) { return this.#pairs.filter((pair) => pair[0] === String(name)).map((pair) => pair[1]); }
    has(name, value) { return this.#pairs.some((pair) => pair[0] === String(name) && (value === undefined || pair[1] === String(value))); }
    set(name, value) {
      const at = this.#pairs.findIndex((pair) => pair[0] === String(name));
      if (at < 0) { this.append(name, value); return; }
      this.#pairs[at][1] = String(value);
      this.#pairs = this.#pairs.filter((pair, index) => index <= at || pair[0] !== String(name));
      this.#tell();
    }
    sort() { this.#pairs.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)); this.#tell(); }
    forEach(callback, self) { for (const [name, value] of this) Reflect.apply(callback, self, [value, name, this]); }
    *entries() { for (let at = 0; at < this.#pairs.length; at += 1) yield [...this.#pairs[at]]; }
    *keys() { for (const [name] of this) yield name; }
    *values() { for (const [, value] of this) yield value; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&'); }
    get [Symbol.toStringTag]() { return 'URLSearchParams'; }
    [custom](depth, options, inspect) {
      const shown = this.#pairs.map(([name, value]) => `${inspect(name)} => ${inspect(value)}`);
      return shown.length ? `URLSearchParams { ${shown.join(', ')} }` : 'URLSearchParams {}';
    }
  }

  class URL {
    #parts;
    #query;
    constructor(input, base) {
      const found = host.url(String(input).toWellFormed(), base === undefined ? undefined : String(base).toWellFormed());
      if (!found) throw Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: String(input), ...(base === undefined ? {} : { base: String(base) }) });
      this.#parts = found;
    }
    static canParse(input, base) { return Boolean(host.url(String(input), base === undefined ? undefined : String(base))); }
    static parse(input, base) { return URL.canParse(input, base) ? new URL(input, base) : null; }
    #set(part, value) {
      this.#parts = host.changedUrl(this.#parts[HREF], part, String(value).toWellFormed()) ?? this.#parts;
      this.#query?.[refill](this.search.slice(1));
    }
    get href() { return this.#parts[HREF]; }
    set href(value) { this.#parts = new URL(value).#parts; this.#query?.[refill](this.search.slice(1)); }
    get origin() { return this.#parts[ORIGIN]; }
    get protocol() { return this.#parts[PROTOCOL]; }
    set protocol(value) { this.#set('protocol', value); }
    get username() { return this.#parts[USERNAME]; }
    set username(value) { this.#set('username', value); }
    get password() { return this.#parts[PASSWORD]; }
    set password(value) { this.#set('password', value); }
    get host() { return this.#parts[HOST]; }
    set host(value) { this.#set('host', value); }
    get hostname() { return this.#parts[HOSTNAME]; }
    set hostname(value) { this.#set('hostname', value); }
    get port() { return this.#parts[PORT]; }
    set port(value) { this.#set('port', value); }
    get pathname() { return this.#parts[PATHNAME]; }
    set pathname(value) { this.#set('pathname', value); }
    get search() { return this.#parts[SEARCH]; }
    set search(value) { this.#set('search', value); }
    get hash() { return this.#parts[HASH]; }
    set hash(value) { this.#set('hash', value); }
    get searchParams() {
      if (!this.#query) {
        this.#query = new URLSearchParams(this.search);
        this.#query[changed] = () => { this.#parts = host.changedUrl(this.#parts[HREF], 'search', this.#query.toString()) ?? this.#parts; };
      }
      return this.#query;
    }
    toString() { return this.href; }
    toJSON() { return this.href; }
    get [Symbol.toStringTag]() { return 'URL'; }
    [custom](depth, options, inspect) {
      const { href, origin, protocol, username, password, searchParams, hash } = this;
      const { host: its, hostname, port, pathname, search } = this;
      return `URL ${inspect({ href, origin, protocol, username, password, host: its, hostname, port, pathname, search, searchParams, hash })}`;
    }
  }

  return {
    URL, URLSearchParams,
    fileURLToPath: (url) => decodeURIComponent(new URL(url).pathname),
    pathToFileURL: (path) => new URL(`file://${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}`),
    domainToASCII: (domain) => (URL.canParse(`http://${domain}`) ? new URL(`http://${domain}`).hostname : ''),
    urlToHttpOptions: (url) => ({ protocol: url.protocol, hostname: url.hostname, hash: url.hash, search: url.search, pathname: url.pathname, path: `${url.pathname}${url.search}`, href: url.href, ...(url.port ? { port: Number(url.port) } : {}) }),
  };
};
