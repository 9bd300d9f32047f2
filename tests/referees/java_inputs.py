"""Mapping templates and bodies made at random, by a grammar: what templates can say, and what may go wrong in it."""

import json

# The variables of emulator/src/vtl/tests.rs, so that a difference can become one of its vectors.
PRELUDE = (
    "#set($s = 'text')#set($n = 7)#set($list = ['a', 'b', 'c'])#set($map = {'k': 'v', 'two': 2})"
    "#set($yes = true)#set($no = false)#set($empty = '')$!{prelude}"
)
NAMES = "s s n list list map map yes no empty foo b b x x y z i".split()
LOOP = """foreach foreach.index foreach.count foreach.hasNext foreach.first foreach.last foreach.parent foreach.parent.index
foreach.topmost.count velocityCount velocityHasNext""".split()
PROPERTIES = "k two a empty nope key value blank x-y _z length".split()

# Methods with what they take: a text, pattern, replacement, whole number, number, list, map, boolean, value, format; nothing
# is `.`.
TEXT = """length . isEmpty . isBlank . trim . strip . stripLeading . stripTrailing . toUpperCase . toLowerCase . toString .
hashCode . intern . charAt w codePointAt w codePointCount ww substring w,ww subSequence ww repeat w concat t contains t
contentEquals t startsWith t,tw endsWith t equals v equalsIgnoreCase t compareTo v compareToIgnoreCase t indexOf t,w,tw,ww
lastIndexOf t,w,tw,ww replace tt replaceAll pr replaceFirst pr matches p split p,pw regionMatches wtww,bwtww format f,fv,fvv
join tl,ttt valueOf v toCharArray ."""
NUMBER = """intValue . longValue . shortValue . byteValue . doubleValue . floatValue . isNaN . isInfinite . toString .,w hashCode .
equals v compareTo n parseInt t,tw parseLong t parseDouble t parseFloat t valueOf t,n compare nn max nn min nn sum nn bitCount w
signum w toBinaryString w toHexString w toOctalString w booleanValue . logicalAnd bb logicalOr bb logicalXor bb parseBoolean t"""
LIST = """size . isEmpty . get w add v,wv addAll l,wl set wv clear . remove w,v removeAll l retainAll l contains v containsAll l
indexOf v lastIndexOf v subList ww equals l hashCode . toString . toArray . clone ."""
MAP = """size . isEmpty . get t,v put tv,vv putAll m putIfAbsent tv getOrDefault tv containsKey t,v containsValue v remove t,tv
clear . replace tv,tvv keySet . values . entrySet . equals m hashCode . toString . clone . getKey . getValue . setValue v"""


def methods(table):
    words = table.split()
    return [(name, takes.replace(".", "").split(",")) for name, takes in zip(words[::2], words[1::2])]


TEXT, NUMBER, LIST, MAP = map(methods, [TEXT, NUMBER, LIST, MAP])
OWNERS = {"s": TEXT, "empty": TEXT, "n": NUMBER, "yes": NUMBER, "no": NUMBER, "list": LIST, "map": MAP}
# What a method gives, as far as one may go on from there.
GIVES = {"keySet": LIST, "values": LIST, "entrySet": LIST, "split": LIST, "toArray": LIST, "get": TEXT}
GIVES["charAt"] = [("toString", [""])]
LETTERS = [*"aaBtex12-.'éßİǆΣ😀|", " ", "\u2028", "\u00a0", "$", "\\"]
BLANKS = ["", "", "", "", " ", " ", "  ", "\n", "\t", "\r", "\r\n", " \n ", "\n\n"]
SPECIAL = r"""\ \\ # #*x*# $ $! ${ } { $5 $$ #[[$s]]# \$s \\$s \#if #x \$foo \\$!foo \#set($x=1) ( ) [ ] . ! | , #{else @ $- $s-1 $s. #@ #@x #**# #***# #**x*# #[[
$!{ $\!s \$!{s} \#foreach \\#end \#{if} #{foo} {s} ${s}.k $s.k( $s[0 ]# *# $map.k[ #foo #5 #.5"""
SPECIAL = [*SPECIAL.split(), "##x\n", "## x", "#* \n*#", "#[[ #x $s ]]#", "#foo (1)", "$s #set( $x = 1 )", "\"", "'"]
TARGETS = """x x y z s map.k map.q list[0] list[-1] list[$n] list['a'] list.k map['k'] map[1] map[-1] map[$foo] !x {x} b.a b[0]
foo.bar x.y.z s.k \\x""".split()
OPERATORS = ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", " and ", " or ", " eq ", " lt "]
WHOLE = """0 1 2 3 -1 -2 7 10 65 100 2147483647 -2147483648 3000000000 9223372036854775807 9223372036854775808 007
-18446744073709551616""".split()
FRACTIONS = "1.5 -0.5 0.1 2.0 1e3 1.0E-5 123456.789 1e10 -0.0 010 1. .5 -.5 0.3333333333 1e400 1.e2 1E+2".split()
ENDS = "0 1 2 3 -1 $n $n $i $foo 'a' 1.5 $list true".split()
TEXTS = "text k two a b TRUE 12 -7 1.5".split()

REPLACEMENTS = [r"a $0 - a $0 - $1 $2 $10 \\ \$ ${v} $ \ é".split(), ["a", "$0", "-"]]
ATOMS = r"""a b A c 0 - é 😀 . \d \w \s \W \D \S \b \B \h \R \. \1 \2 \n \x41 \u0041 \Qa.\E \p{L} \p{Upper} \P{Lu}
\p{IsAlphabetic} \G \A ^ $ \k<v> \0101 \cA \e \y } { ]"""
ATOMS = [[*ATOMS.split(), " "], ["a", "b", "A", "c", "1", "."]]
COUNTS = ["", "", "", *"* + ? *? +? ?? *+ ++ {2} {1,2} {0,} {1,2}? {,2}".split()]
GROUPS = "( ( (?: (?<v> (?= (?! (?<= (?<! (?> (?i: (?-i: (?i".split()
ITEMS = [*r"a b - a-c A-Z 0-9 \d \w \s \- \] ^ && é 😀 . \p{Lu} \Qa-\E [ z-a \b \x61-\x63".split(), " "]

SCALARS = ["text", "it's \"é😀\\/\n", "", "k", 0, -7, 1.5, 1e21, 12345678901234567890, True, False, {}, []]
NAMES_IN_BODIES = ["k", "two", "a", "é", "x-y", "a b"]
PIECES = r"""{ } [ ] : , " ' a b 1 - 0 . e E + true null NaN \ "a" 'b' "k": k: \u00e9 \ud800 \n \x41 \/ é 😀 1.50 1e5 -0 007 1e400
123456789.123456789012345 12345678901234567890 /*c*/ // [] {}"""
PIECES = [*PIECES.split(), " ", "\n", "\t", "b c", "\u2028", "\x01", "\x7f"]
STEPS = """.a .k .two ['a'] ['k','a'] ["a"] [0] [1] [-1] [0,1] [1:] [:2] [-2:] [0:2] [*] .* ..a ..* ..['k','a'] .x-y ['é'] .é"""
STEPS = [*STEPS.split(), "['a b']", "[ 0 ]"]
READS = "@.a @.k @ @.two @['a'] $.a @.a.k @[0] @.a.length() @..a @.*".split()
LITERALS = "1 0 -7 1.5 true false null [] ['k','text'] [1,2] {} '' 'text'".split()
COMPARISONS = "== != < <= > >= in nin contains size empty subsetof === !== all".split()


class Inputs:
    """One input after another; the same for the same chance."""

    def __init__(self, chance, with_paths):
        self.chance = chance
        self.kinds = [self.of_template] * 6 + [self.of_pattern] * 2 + [self.of_body] + [self.of_path] * (2 if with_paths else 0)

    def next(self):
        template, body = self.one(*self.kinds)
        return [PRELUDE + template, body]

    def one(self, *options):
        option = self.chance.choice(options)
        return option() if callable(option) else option

    def likely(self, share):
        return self.chance.random() < share

    def some(self, make, most, joint=""):
        return joint.join(make() for _ in range(self.chance.randint(0, most)))

    # Templates

    def of_template(self):
        return self.one("", "#set($b = $input.path('$'))") + self.template(self.one(1, 3, 3)), json.dumps(self.value(2), ensure_ascii=False)

    def template(self, depth):
        return self.some(lambda: self.statement(depth), 4)

    def blank(self):
        return self.one(*BLANKS)

    def statement(self, depth):
        reference = lambda: self.reference(depth)
        if depth <= 0 or self.likely(0.3):
            words = lambda: self.some(lambda: self.one(*LETTERS[:-2], '"'), 5)
            return self.one(words, reference, lambda: self.one(*SPECIAL), self.blank)
        blank, inner = self.blank, lambda: self.blank() + self.template(depth - 1)
        set_ = lambda: f"#set({blank()}${self.one(*TARGETS)}{blank()}={blank()}{self.expression(depth)}{blank()})"
        end = lambda: blank() + self.one("#end", "#end", "#{end}")
        return blank() + self.one(
            set_,
            set_,
            lambda: f"#if{blank()}({self.expression(depth)}){inner()}{self.otherwise(depth, inner)}{end()}",
            lambda: f"#foreach({blank()}${self.one(*'xyzi')} in {self.parameter(depth)}{blank()}){inner()}{end()}",
            lambda: f"#foreach($i in [1..{self.one(*'0123')}]){inner()}{self.one('', self.leave)}{inner()}{end()}",
            lambda: f"#foreach($e in $map.entrySet()){inner()}$e{self.one('', '.key', '.value')}{self.access(MAP, depth)}{end()}",
            lambda: f"#define(${self.one(*'xyz')}){inner()}{end()}",
            reference,
            reference,
            lambda: self.util(depth),
            lambda: f"#if({self.expression(1)}){self.leave()}#end",
        ) + blank()

    def leave(self):
        return self.one("#break", "#stop", "#{stop}", "#stop('x')", "#break($foreach)", "#break($foreach.parent)")

    def otherwise(self, depth, inner):
        elseif = lambda: f"#elseif{self.blank()}({self.expression(depth)}){inner()}"
        return self.some(elseif, 1) + self.one("", lambda: "#else" + inner(), lambda: "#{else}" + inner())

    def reference(self, depth):
        name = self.one(*NAMES, lambda: self.one(*LOOP))
        inner, quiet, owner = name, self.one("", "", "!"), OWNERS.get(name)
        for _ in range(self.chance.randint(0, 2)):
            access = self.access(owner, depth - 1)
            inner, owner = inner + access, GIVES.get(access[1:].partition("(")[0])
        # Now and then one that is cut short.
        inner = inner[:self.chance.randint(1, len(inner))] if self.likely(0.02) else inner
        return self.one(f"${quiet}{inner}", f"${quiet}{inner}", f"${quiet}{{{inner}}}")

    def util(self, depth):
        name = self.one("escapeJavaScript", "escapeJavaScript", "parseJson", "urlEncode", "urlDecode", "base64Encode")
        return f"$util.{name}({self.parameter(depth - 1)})"

    def access(self, owner, depth):
        if self.likely(0.2):
            return "." + self.one(*PROPERTIES)
        if self.likely(0.2):
            return f"[{self.one(self.whole, lambda: self.quoted(depth), lambda: self.parameter(depth))}]"
        method, takes = self.chance.choice(owner or self.one(TEXT, NUMBER, LIST, MAP))
        takes = self.some(lambda: self.one(*"twlmbvn"), 3) if self.likely(0.1) else self.one(*takes)
        return f".{method}({', '.join(self.argument(kind, depth) for kind in takes)})"

    def argument(self, kind, depth):
        if kind == "v" or depth > 0 and self.likely(0.15):
            return self.parameter(depth - 1)
        made = {
            "p": lambda: self.pattern(1),
            "r": self.replacement,
            "f": self.format,
            "w": self.whole,
            "n": self.number,
            "b": lambda: self.one("$yes", "$no", "true"),
            "l": lambda: self.list(depth),
            "m": lambda: self.map(depth),
            "t": lambda: self.quoted(depth),
        }[kind]()
        return "'" + made.replace("'", "") + "'" if kind in "prf" else made

    def expression(self, depth):
        if depth <= 0 or self.likely(0.5):
            return self.parameter(depth)
        blank, inner = lambda: self.one("", " ", " ", " ", "\n"), lambda: self.expression(depth - 1)
        binary = lambda: f"{inner()}{blank()}{self.one(*OPERATORS)}{blank()}{inner()}"
        return self.one(binary, binary, lambda: f"({blank()}{inner()}{blank()})", lambda: f"{self.one('!', 'not ')}{inner()}")

    def parameter(self, depth):
        """What may be an argument, an index, an item: an expression without operators, as a rule."""
        quoted, name = lambda: self.quoted(depth), lambda: "$" + self.one(*NAMES)
        if depth <= 0 or self.likely(0.4):
            word = lambda: self.one("true", "false", "''", "[]", "{}")
            return self.one(self.whole, self.number, quoted, quoted, name, name, word)
        if self.likely(0.03):
            return self.expression(depth)
        reference, blank = lambda: self.reference(depth), lambda: self.one("", "", "", " ", "\n")
        range_ = lambda: f"[{blank()}{self.one(*ENDS)}{blank()}..{blank()}{self.one(*ENDS)}{blank()}]"
        return self.one(
            reference, reference, lambda: self.list(depth), lambda: self.map(depth), lambda: self.util(depth), range_
        )

    def list(self, depth):
        return self.one("$list", lambda: f"[{self.some(lambda: self.parameter(depth - 1), 3, ', ')}]")

    def map(self, depth):
        entry = lambda: f"{self.parameter(depth - 2)}{self.one(':', ' : ')}{self.parameter(depth - 1)}"
        return self.one("$map", lambda: "{" + self.some(entry, 2, ", ") + "}")

    def quoted(self, depth):
        plain = lambda: self.some(lambda: self.one(*LETTERS), 4)
        if self.likely(0.6):
            return "'" + self.one(plain, plain, lambda: self.one(*TEXTS)).replace("'", "''") + "'"
        return '"' + self.one(plain, lambda: self.template(depth - 1)).replace('"', '""') + '"'

    def whole(self):
        return self.one(*WHOLE) if self.likely(0.3) else self.one("0", "1", "2", "3", "-1", "$n")

    def number(self):
        return self.one(self.whole, *FRACTIONS)

    def format(self):
        flag = lambda: self.one("", "", "1$", "2$", "<", *"-0+,(# ", "+0", "-,")
        width = lambda: self.one("", "", "5", ".2", "8.1", "12")
        return self.some(lambda: f"{self.one(*'%%%a')}{flag()}{width()}{self.one(*'sssdddfxXbnc%SoegGEhHBD')}", 2, " ")

    # Regular expressions

    def of_pattern(self):
        body = {"p": self.pattern(3), "t": self.some(lambda: self.one(*"aabbABc01 -\n_é😀"), 10), "w": self.replacement()}
        call = self.one(
            "$b.t.matches($b.p)",
            "[$b.t.replaceAll($b.p, '<$0>')]",
            "[$b.t.replaceAll($b.p, $b.w)]",
            "[$b.t.replaceFirst($b.p, $b.w)]",
            "#foreach($x in $b.t.split($b.p))[$x]#end",
            f"#foreach($x in $b.t.split($b.p, {self.whole()}))[$x]#end",
        )
        return "#set($b = $input.path('$'))" + call, json.dumps(body, ensure_ascii=False)

    def replacement(self):
        return self.some(lambda: self.one(*self.one(*REPLACEMENTS)), 3)

    def pattern(self, depth):
        flags = self.one("", "", "", "^", "(?i)", "(?s)", "(?m)", "(?x)", "(?iu)")
        return flags + self.alternatives(depth) + self.one("", "", "", "$", r"\b", r"\z", r"\Z")

    def alternatives(self, depth):
        sequence = lambda: self.some(lambda: self.atom(depth) + self.one(*COUNTS), 3)
        return self.some(sequence, 2, "|") or sequence()

    def atom(self, depth):
        if depth <= 0 or self.likely(0.5):
            return self.one(*self.one(*ATOMS))
        return self.bracket(1) if self.likely(0.4) else self.one(*GROUPS) + self.alternatives(depth - 1) + ")"

    def bracket(self, depth):
        item = lambda: self.one(*ITEMS, lambda: self.bracket(depth - 1) if depth > 0 else "_")
        return "[" + self.one("", "", "^") + item() + self.some(item, 3) + "]"

    # Bodies and paths

    def value(self, depth):
        if depth <= 0 or self.likely(0.3):
            return None if self.likely(0.02) else self.chance.choice(SCALARS)
        if self.likely(0.4):
            return [self.value(depth - 1) for _ in range(self.chance.randint(0, 3))]
        return {self.one(*NAMES_IN_BODIES): self.value(depth - 1) for _ in range(self.chance.randint(0, 4))}

    def of_body(self):
        piece = lambda: self.one(*PIECES)
        body = self.some(piece, 8) if self.likely(0.6) else json.dumps(self.value(3), ensure_ascii=False)
        for _ in range(self.chance.randint(0, 3)):
            at = self.chance.randint(0, len(body))
            body = body[:at] + piece() + body[at + self.chance.randint(0, 2):]
        whole = "$input.json('$')"
        return self.one(whole, f"$util.escapeJavaScript({whole})", "$input.path('$')", "$util.parseJson($input.body)"), body

    def of_path(self):
        step = lambda: self.one(*STEPS, *[lambda: f"[?({self.filter(2)})]"] * 2)
        path = "$" + step() + self.some(step, 2) + self.one("", "", "", "", ".length()", ".min()", ".max()", ".avg()", ".sum()")
        return "$input.json('" + path.replace("'", "''") + "')", json.dumps(self.value(4), ensure_ascii=False)

    def filter(self, depth):
        inner = lambda: self.filter(depth - 1)
        if depth > 0 and self.likely(0.3):
            return self.one(lambda: f"{inner()} {self.one('&&', '||')} {inner()}", lambda: f"!({inner()})", lambda: f"({inner()})")
        read, literal, operator = lambda: self.one(*READS), lambda: self.one(*LITERALS), self.one(*COMPARISONS)
        return self.one(
            read,
            lambda: f"{read()} {operator} {literal()}",
            lambda: f"{literal()} {operator} {read()}",
            lambda: f"{read()}{self.one('==', '!=', '<', '>')}{read()}",
            lambda: f"{read()} =~ /t.*/i",
        )
