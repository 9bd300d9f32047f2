"""The attacks: of each what the deployment holds, and what is sent to it."""

import json

MEGABYTE = 1 << 20


def template(vtl):
    return {"template": vtl}


def state(**fields):
    return {"machine": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, **fields}}}}


def states(start, **states):
    return {"machine": {"StartAt": start, "States": states}}


def map_of(items, processor, **fields):
    """A Map state over a path of the input."""
    return {"Type": "Map", "End": True, "ItemsPath": items, "ItemProcessor": processor, **fields}


def map_run(processor, **fields):
    """A distributed Map over the whole input, in a Standard machine."""
    processor = {**processor, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    return {**states("M", M={"Type": "Map", "End": True, "ItemProcessor": processor, **fields}), "standard": True}


def jsonata(expression):
    machine = state(Output=expression)
    machine["machine"]["QueryLanguage"] = "JSONata"
    return machine


def model(schema):
    return {"model": schema}


def api(action):
    """An action of the Step Functions API, whose members are the body."""
    return {"api": action}


def machine(result):
    """A machine in a template, whose result is written in YAML."""
    return (
        "  M: {Type: AWS::Serverless::StateMachine, Properties: {Role: 'arn:aws:iam::123456789012:role/x', "
        f"Definition: {{StartAt: A, States: {{A: {{Type: Pass, End: true, Result: {result}}}}}}}}}}}\n"
    )


def load(resources, sections=""):
    """A template that is only loaded."""
    text = f"Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n{sections}Resources:\n{resources}"
    return {"load": text}, None


def definition(states, start=None, **members):
    """The text of a machine."""
    return json.dumps({"StartAt": start or next(iter(states)), "States": states, **members})


def checked(states, **members):
    """A definition to be checked with all that may be said of it."""
    text = definition(states, **members)
    return api("ValidateStateMachineDefinition"), json.dumps({"definition": text, "severity": "WARNING"})


def created(states, **members):
    """A definition that a machine is made of."""
    role = "arn:aws:iam::123456789012:role/x"
    return api("CreateStateMachine"), json.dumps({"name": "x", "roleArn": role, "definition": definition(states, **members)})


def chained(count, state):
    """So many states, one after the other."""
    return {f"{n}": {**state(n), **({"Next": f"{n + 1}"} if n + 1 < count else {"End": True})} for n in range(count)}


def circle(start, **states):
    """A machine that goes round for ever, past an end that nothing comes to: the last of the states goes on to `Again`."""
    never = [{"Variable": "$.never", "IsPresent": True, "Next": "End"}]
    again = {"Type": "Choice", "Choices": never, "Default": start}
    return {"machine": {"StartAt": start, "States": {**states, "Again": again, "End": {"Type": "Succeed"}}}}


def task(resource="arn:aws:states:::aws-sdk:s3:getObject", **fields):
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def maps(levels):
    """Distributed Maps, one within the other."""
    inner = maps(levels - 1) if levels else {f"p{n}": {"Type": "Pass", "End": True} for n in range(1)}
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": next(iter(inner)), "States": inner}
    return {f"m{levels}": {"Type": "Map", "End": True, "Label": f"l{levels}", "Comment": "x" * 40_000, "ItemProcessor": processor}}


def head(*lines, more=""):
    """Bytes that follow the first lines of a request."""
    return {"bytes": ["\r\n".join(lines), more]}


# Sixty objects, each of which has the one before twice.
DOUBLED = "$d := function($x, $n) {$n = 0 ? $x : $d({'a': $x, 'b': $x}, $n - 1)}; $v := $d(1, 60); "


def nested(depth):
    return "[" * depth + "1" + "]" * depth


def zeros(count):
    return "[" + ",".join("0" * count) + "]"


def tree(levels):
    """A document whose every member has two members."""
    return {"x": tree(levels - 1), "y": tree(levels - 1)} if levels else {"x": 1}


def repeated(call, before=""):
    """A call on the text of the body, a million times."""
    loops = f"#foreach($i in [1..1000])#foreach($j in [1..1000])#set($x={call})#end#end"
    return f"#set($s=$input.path('$.text')){before}{loops}"


def formats(levels):
    """A text that is put twice into the next."""
    return f"States.Format('{{}}{{}}', {formats(levels - 1)}, {formats(levels - 1)})" if levels else "$.text"


DOUBLING = "#set($a=[1])" + "#set($a=[$a,$a])" * 60
ONES = ",".join(["1"] * 20_000)
LIST = json.dumps({"items": list(range(40_000))})
# As short as it can be written: an execution takes 256 KiB.
SHORT_LIST = json.dumps({"items": list(range(40_000))}, separators=(",", ":"))
LETTERS = json.dumps({"text": "a" * 100_000})
LETTERS_BEYOND_ASCII = json.dumps({"text": "é" * 50_000})
MEGABYTE_OF_TEXT = json.dumps({"text": "a" * MEGABYTE})
WITHOUT_END = "{% ($f := function($n) {$f($n + 1)}; $f(0)) %}"
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
# What takes some 70 ms and succeeds.
LONG = "{% $sum([1..200000].($ * 2)) %}"
TWO_SHAPES = {
    "anyOf": [
        {"type": "array", "items": {"$ref": "#/components/schemas/Attack"}, "minItems": 1},
        {"type": "array", "items": {"$ref": "#/components/schemas/Attack"}, "maxItems": 1},
        {"type": "string"},
    ]
}

ATTACKS = {
    "a plain request": (template(""), "{}"),
    "a list that doubles sixty times, compared": (template(DOUBLING + "#set($b=$a)#if($a==$b)x#end"), "{}"),
    "a list that doubles sixty times, printed": (template(DOUBLING + "$a"), "{}"),
    "addAll of a list to itself, sixty times": (template("#set($a=[1])#foreach($i in [1..60])#set($x=$a.addAll($a))#end"), "{}"),
    "every node of 80,000 items, a thousand times": (
        template("#foreach($i in [1..1000])#set($x=$input.path('$..*'))#end"),
        json.dumps({"items": [{"id": n} for n in range(80_000)]}),
    ),
    "a text of 1 MB split fifty times": (
        template("#set($s=$input.body)#set($k=[])#foreach($i in [1..50])#set($x=$k.add($s.split('')))#end"),
        MEGABYTE_OF_TEXT,
    ),
    "a pattern that backtracks over 100,000 letters": (
        template("#set($x=$input.body.replaceAll('(?=(a+)+b)x',''))"),
        LETTERS,
    ),
    "a search in each result of a search, 12,287 nodes": (template("#set($x=$input.path('$..[?($..x)]'))"), json.dumps(tree(12))),
    "`in` a search at each of 12,287 nodes": (template("#set($x=$input.path('$..[?(@.y in $..y)]'))"), json.dumps(tree(12))),
    "a recursive model of three shapes, 300 levels": (
        model(TWO_SHAPES),
        nested(300),
    ),
    "a search in each result of a search, in a state": (state(InputPath="$..[?(@.x in $..x)]"), json.dumps(tree(12))),
    "a text split by five thousand characters, in a state": (
        state(Parameters={"p.$": "States.StringSplit($.text, $.by)"}),
        json.dumps({"text": "ab" * 60_000, "by": "".join(chr(1000 + n) for n in range(5_000))}),
    ),
    "JSONata: a list that doubles sixty times": (jsonata("{% ($f := function($l, $n) {$n = 0 ? $l : $f($append($l, $l), $n - 1)}; $f([1], 60)) %}"), "{}"),
    "JSONata: a function that calls itself without end": (jsonata(WITHOUT_END), "{}"),
    "JSONata: what differs among 40,000 numbers": (jsonata("{% $distinct($states.input.items) %}"), SHORT_LIST),
    "JSONata: twenty fields of that function": (
        jsonata({str(n): WITHOUT_END for n in range(20)}),
        "{}",
    ),
    "a handler that loops": ({"handler": "for (;;);"}, "{}"),
    "a handler in one long native call": ({"handler": "return 'a'.repeat(3e6).indexOf('a'.repeat(1.5e6) + 'b');"}, "{}"),
    "a handler that takes all memory": ({"handler": "const l = []; for (;;) l.push('x'.repeat(1e6) + l.length);"}, "{}"),
    "a handler that changes Map": ({"handler": "Map.prototype.get = function (k) { return this.get(k); }; return 1;"}, "{}"),
    "a chunk's size line of 2 MB": ({"bytes": ["Transfer-Encoding: chunked\r\n\r\n1", ";x" * MEGABYTE]}, None),
    "a head of 6 MB": ({"bytes": ["", "a: b\r\n" * MEGABYTE]}, None),
    "a body of 100 GB, of which 32 MB are sent": ({"bytes": ["Content-Length: 99999999999\r\n\r\n", "x" * 32 * MEGABYTE]}, None),
    # Templates
    "three loops of a thousand, one within the other": (
        template("#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])x#end#end#end"),
        "{}",
    ),
    "a text that doubles sixty times": (template("#set($s='x')" + '#set($s="$s$s")' * 60 + "$s"), "{}"),
    "a backslash escaped sixty times": (
        template("#set($s='\\\\')" + "#set($s=$util.escapeJavaScript($s))" * 60 + "$s"),
        "{}",
    ),
    "a percent sign encoded and doubled a thousand times": (
        template("#set($s='%')#foreach($i in [1..1000])#set($s=$util.urlEncode(\"$s$s\"))#end$s"),
        "{}",
    ),
    "each of 100,000 letters replaced by all of them": (template("#set($x=$input.body.replaceAll('a',$input.body))"), LETTERS),
    "four searches, each below the one before": (
        template("#set($x=$input.path('$..*..*..*..*'))"),
        json.dumps(tree(12)),
    ),
    "a path of eight steps with eight names each": (
        template("#set($x=$input.path(\"$.." + "['x','x','x','x','x','x','x','x']" * 8 + "\"))"),
        json.dumps(tree(12)),
    ),
    "a filter of 8,000 alternatives in a path of the body": (
        template("#set($b = $input.path('$'))$input.path($b.path)"),
        json.dumps({"path": "$[?(" + "@ || " * 8_000 + "@)]"}),
    ),
    "a header for each of a thousand numbers, each with all of a body": (
        template("#foreach($i in [1..1000])#set($context.responseOverride.header[\"h$i\"] = $input.body)#end"),
        json.dumps({"text": "a" * 50_000}),
    ),
    "a template of 2,000 openings": (template("#if(1)" * 2_000 + "#end" * 2_000), "{}"),
    "a replacement of 60,000 groups, each of which is all of the text": (
        template("#set($b=$input.path('$'))$b.s.replaceAll($b.p,$b.r)"),
        json.dumps({"s": "a" * 60_000, "p": "(.*)", "r": "$1" * 60_000}),
    ),
    "the last place of half a text in it, a million times": (
        template(repeated("$s.lastIndexOf($t)", "#set($t='ab'+$s.substring(50000))")),
        LETTERS,
    ),
    "a text compared without case, a million times": (
        template(repeated("$s.equalsIgnoreCase($t)", "#set($t=$s.toUpperCase())")),
        LETTERS_BEYOND_ASCII,
    ),
    "a text in capitals, a million times": (template(repeated("$s.toUpperCase()")), LETTERS_BEYOND_ASCII),
    "a number of 309 digits with 9,999 decimals, a million times": (
        template(repeated("$s.format('%,.9999f',1.0E308)")),
        LETTERS,
    ),
    "whether a text is blank, a million times": (template(repeated("$s.blank")), json.dumps({"text": " " * 100_000})),
    "what is in both of two lists of 40,000": (
        template("#set($a=$input.path('$.items'))#set($b=$a.clone())#set($x=$b.add(-1))#foreach($i in [1..1000])#set($x=$b.retainAll($a))#end"),
        LIST,
    ),
    "an item of a megabyte read a million times": (
        template(repeated("$l[0]", "#set($l=[\"$s$s$s$s$s$s$s$s$s$s\"])")),
        LETTERS,
    ),
    "a body written a thousand times": (template("#foreach($i in [1..1000])#set($x=$input.json('$'))#end"), LIST),
    "a class of 10,000 letters without case, a hundred times": (
        template("#set($c='x')#set($b=$input.path('$'))#foreach($i in [1..100])#set($x=$c.matches($b.p))#end"),
        json.dumps({"p": "(?iu)[" + "".join(chr(0x4E00 + 2 * n) for n in range(10_000)) + "]"}),
    ),
    "2,000 classes that each meet two others": (
        template("#set($c='x')#set($x=$c.matches($input.path('$.p')))"),
        json.dumps({"p": "[\\p{L}&&[^\\p{Lu}]&&\\p{L}]" * 2_000}),
    ),
    # Bodies
    "a number of 100,000 decimals": (template("#set($x=$input.path('$.n'))$x"), '{"n":0.' + "9" * 100_000 + "}"),
    "a body a million deep": (template("#set($x=$input.path('$'))"), nested(MEGABYTE)),
    "a body a million deep, to a model": (model({"type": "array"}), nested(MEGABYTE)),
    "a number of a million digits": (template("#set($x=$input.path('$.n'))$x"), '{"n":' + "9" * MEGABYTE + "}"),
    "a number of a million digits, to a model": (
        model({"type": "object", "properties": {"n": {"multipleOf": 0.0001, "maximum": 1e300}}}),
        '{"n":' + "9" * MEGABYTE + "}",
    ),
    "a hundred thousand names, gone through": (
        template("#set($x=$input.path('$'))#foreach($k in $x.keySet())$k#end"),
        json.dumps({f"{n:x}": n for n in range(100_000)}),
    ),
    # Models
    "a model's pattern that backtracks over 100,000 letters": (
        model({"type": "object", "properties": {"text": {"type": "string", "pattern": "^(a+)+b$"}}}),
        LETTERS,
    ),
    "a hundred thousand items that must differ": (
        model({"type": "array", "uniqueItems": True}),
        json.dumps([{"n": n} for n in range(100_000)]),
    ),
    "4,000 numbers of 1,005 digits that must differ": (
        model({"type": "array", "uniqueItems": True}),
        "[" + ",".join(f"{n:01005d}".replace("0", "1", 1) for n in range(4_000)) + "]",
    ),
    "a model of a hundred patterns of names, 20,000 names": (
        model({"type": "object", "patternProperties": {f"^(.*)*{n}$": {"type": "number"} for n in range(100)}}),
        json.dumps({f"{n:x}": n for n in range(20_000)}),
    ),
    "a hundred thousand values that are none of two thousand long ones": (
        model({"type": "array", "items": {"enum": [f"{n}" + "x" * 200 for n in range(2_000)]}}),
        json.dumps(["y"] * 100_000),
    ),
    "200,000 items of the wrong type": (model({"type": "array", "items": {"type": "string"}}), json.dumps([1] * 200_000)),
    "20,000 maps that lack a thousand names": (
        model({"type": "array", "items": {"type": "object", "required": [f"name-{n}" for n in range(1_000)]}}),
        json.dumps([{}] * 20_000),
    ),
    # States
    "a format of two formats, nine levels of them": (state(Parameters={"p.$": formats(9)}), LETTERS),
    "2,000 ranges of 1,000 numbers": (
        state(Parameters={f"p{n}.$": "States.ArrayRange(1, 1000, 1)" for n in range(2_000)}),
        "{}",
    ),
    "an object of 10,000 names merged a thousand times": (
        state(Parameters={f"p{n}.$": "States.JsonMerge($.a, $.a, false)" for n in range(1_000)}),
        json.dumps({"a": {f"{n:x}": n for n in range(10_000)}}),
    ),
    "a text read as JSON, 60,000 deep": (
        state(Parameters={"p.$": "States.StringToJson($.text)"}),
        json.dumps({"text": nested(60_000)}),
    ),
    "a list of 40,000, the whole of which each item of a Map is given": (
        states("M", M=map_of("$.items", PASS, ItemSelector={"all.$": "$.items"})),
        SHORT_LIST,
    ),
    "a Map of 100,000 items": (states("M", M=map_of("$", PASS)), zeros(100_000)),
    "a Map that selects 1,000 items by a path that takes long": (
        states("M", M=map_of("$.items", PASS, ItemSelector={"x.$": "$.tree..x"})),
        json.dumps({"items": [0] * 1_000, "tree": tree(9)}),
    ),
    "two states in a circle": (circle("A", A={"Type": "Pass", "Next": "Again"}), "{}"),
    "a state in a circle that writes 200 KB down each time": (
        circle("A", A={"Type": "Pass", "Next": "Again", "Parameters": {"n.$": "States.MathAdd($.n, 1)", "text.$": "$.text"}}),
        json.dumps({"n": 0, "text": "a" * 200_000}),
    ),
    "a Parallel of 40 branches in a circle": (
        circle(
            "A",
            A={
                "Type": "Parallel",
                "Next": "Again",
                "Branches": [{"StartAt": f"B{n}", "States": {f"B{n}": {"Type": "Pass", "End": True}}} for n in range(40)],
            },
        ),
        "{}",
    ),
    "a map run of 50,000 executions that fail with causes of 10 KB": (
        map_run(
            {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "c" * 10_000}}},
            ToleratedFailurePercentage=100,
        ),
        zeros(50_000),
    ),
    "a map run of 5,000 executions that are each given 100 KB": (
        map_run(PASS, ItemsPath="$.items", ItemSelector={"text.$": "$.text"}, ResultPath=None),
        json.dumps({"items": [0] * 5_000, "text": "a" * 100_000}),
    ),
    "a map run of 20,000 batches that are each given all items": (
        map_run(PASS, ItemBatcher={"MaxItemsPerBatch": 1, "BatchInput": {"all.$": "$"}}),
        json.dumps(list(range(20_000))),
    ),
    "a Map of 1,000 items that each assign a list of 60,000": (
        states(
            "M",
            M=map_of(
                "$.items",
                {
                    "StartAt": "A",
                    "States": {
                        "A": {"Type": "Pass", "Assign": {"list.$": "$$.Execution.Input.list"}, "Next": "W"},
                        "W": {"Type": "Wait", "Seconds": 1, "End": True},
                    },
                },
                ResultPath=None,
            ),
        ),
        json.dumps({"items": [1] * 1_000, "list": [1] * 60_000}),
    ),
    "a circle that assigns 43,000 control characters": (
        circle("A", A={"Type": "Pass", "Assign": {"text": "\u0001" * 43_000}, "Next": "Again"}),
        "{}",
    ),
    "a filter of 8,000 alternatives, in a state": (
        state(InputPath="$.a[?(" + "@.b || " * 8_000 + "@.c)]"),
        '{"a": [{"c": 1}]}',
    ),
    "a pattern of 2,000 stars": (
        states(
            "C",
            C={
                "Type": "Choice",
                "Default": "P",
                "Choices": [{"Variable": "$.text", "StringMatches": "*a" * 2_000 + "*b", "Next": "P"}],
            },
            P={"Type": "Succeed"},
        ),
        LETTERS,
    ),
    "JSONata: a value that stands for 2^60, printed by another name": (jsonata("{% (" + DOUBLED + "$f := $string; $length($f($v))) %}"), "{}"),
    "JSONata: that value in a chain": (jsonata("{% (" + DOUBLED + "$v ~> $string ~> $length) %}"), "{}"),
    "JSONata: that value, transformed": (jsonata("{% (" + DOUBLED + "$v ~> |**|{'z':1}|) %}"), "{}"),
    "JSONata: that value, all that is below it": (jsonata("{% (" + DOUBLED + "($v).**) %}"), "{}"),
    "JSONata: a replacement that replaces": (jsonata("{% ($a := function($m){$replace('a', /a/, $a)}; $a(1)) %}"), "{}"),
    "JSONata: 10^15 in Roman letters": (jsonata("{% $formatInteger(1e15, 'i') %}"), "{}"),
    "JSONata: a fraction of a second of 999,999,999 digits": (jsonata("{% $fromMillis(0, '[f,999999999-999999999]') %}"), "{}"),
    "JSONata: a picture of 100,000 digits": (jsonata("{% $formatNumber(1e300, '#,##0.' & $pad('0', 100000, '0')) %}"), "{}"),
    "JSONata: forty fields that each take long": (jsonata({str(n): LONG for n in range(40)}), "{}"),
    "JSONata: a map run of 100 items, each selected by what takes long": (
        {**map_run(PASS, ItemSelector={"x": LONG}), "language": "JSONata"},
        zeros(100),
    ),
    "JSONata: a pattern that backtracks over 100,000 letters": (
        jsonata("{% $count($match($states.input.text, /(a+)+b/)) %}"),
        LETTERS,
    ),
    "JSONata: every pair of 40,000 numbers": (
        jsonata("{% $count($states.input.items.($i := $; $states.input.items[$ = $i])) %}"),
        SHORT_LIST,
    ),
    "JSONata: the names of 20,000 objects": (
        jsonata("{% $count($keys($states.input.items)) %}"),
        json.dumps({"items": [{f"{n:x}": 1} for n in range(20_000)]}),
    ),
    "JSONata: the names of 200,000 objects that it makes": (jsonata("{% $count($keys([1..200000].{$string($): 1})) %}"), "{}"),
    "JSONata: a search that goes to the end of the text for each letter": (
        jsonata("{% $count($match($states.input.text, /a*b|a/)) %}"),
        LETTERS,
    ),
    "JSONata: the same, replaced": (jsonata("{% $length($replace($states.input.text, /a*b|a/, 'c')) %}"), LETTERS),
    "JSONata: a pattern that is at 90 places at once": (
        jsonata("{% $contains($states.input.text, /a[ab]{90}c/) %}"),
        LETTERS,
    ),
    "JSONata: a list sorted by 20,000 names": (jsonata("{% $count([1..20000]^(" + ",".join(["a"] * 20_000) + ")) %}"), "{}"),
    "JSONata: a list grouped by 20,000 names": (
        jsonata("{% $count([1..40000]{" + ",".join([f"'{n}': 1" for n in range(20_000)]) + "}) %}"),
        "{}",
    ),
    "JSONata: a text of control characters, fifteen times, as JSON": (
        jsonata("{% ($t := $pad('', 8000000, '\u0001'); $length($string([$t,$t,$t,$t,$t,$t,$t,$t,$t,$t,$t,$t,$t,$t,$t]))) %}"),
        "{}",
    ),
    "JSONata: a text of eight million letters, split": (jsonata("{% $count($split($pad('', 8000000, 'a'), '')) %}"), "{}"),
    "JSONata: what differs among 400 lists that are alike up to their ends": (
        jsonata("{% ($l := [1..2000]; $count($distinct([1..400].[$append($l, $)]))) %}"),
        "{}",
    ),
    "JSONata: 4,000 numbers joined with themselves": (
        jsonata("{% $count($states.input.items@$i.$states.input.items@$j[$i = $j]) %}"),
        json.dumps({"items": list(range(4_000))}),
    ),
    "JSONata: 4,000 numbers joined with themselves by a name": (
        jsonata("{% ($l := $states.input.items; $count($l@$i.$l[$i = $])) %}"),
        json.dumps({"items": list(range(4_000))}),
    ),
    "JSONata: 10,000 objects, each of which a function looks at": (
        jsonata("{% $sum($map($states.input.items, function($v){$v.a * 2})) %}"),
        json.dumps({"items": [{"a": n, "b": "x" * 10} for n in range(8_000)]}),
    ),
    # The API
    "API: members a million deep": (api("DescribeExecution"), '{"executionArn":' + nested(MEGABYTE) + "}"),
    "API: a token of a page, 1 MB, that was never given out": (
        api("ListExecutions"),
        json.dumps({"stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m", "nextToken": "A" * MEGABYTE}),
    ),
    "API: a definition of 10,000 states": (
        api("ValidateStateMachineDefinition"),
        json.dumps({
            "definition": json.dumps({
                "StartAt": "0",
                "States": {str(n): {"Type": "Pass", "Next": str(n + 1)} for n in range(10_000)},
            })
        }),
    ),
    "API: a definition of 20,000 states of a type that is none": (
        api("ValidateStateMachineDefinition"),
        json.dumps({"definition": json.dumps({"StartAt": "S0", "States": {f"S{n}": {"Type": "Nope"} for n in range(20_000)}})}),
    ),
    "API: a definition half a million deep": (
        api("CreateStateMachine"),
        json.dumps({"name": "x", "roleArn": "arn:aws:iam::123456789012:role/x", "definition": nested(500_000)}),
    ),
    # Inspection
    "100 executions with 200 KB each, and all their histories": (
        state() | {"executions": 100, "get": "/_stepgate/history?limit=1000000"},
        "x" * 200_000,
    ),
    "a handler whose error has ten million letters": ({"handler": "throw new Error('x'.repeat(1e7));"}, "{}"),
    "a handler that encodes a text again and again": (
        {"handler": "const s = 'x'.repeat(1e7), l = []; for (let i = 0; i < 400; i++) l.push(Buffer.from(s)); return l.length;"},
        "{}",
    ),
    # Templates
    "a template: nothing but a machine": load(machine("1")),
    "a template: a key twice before 90,000 others": load(
        machine("1"), "Metadata:\n  a: 1\n  a: 2\n" + "".join(f"  k{n}: 1\n" for n in range(90_000))
    ),
    "a template: 40,000 short tags in one line": load(machine("[" + "!Ref AWS::Region," * 40_000 + "]")),
    "a template: a list of 20,000 found 5,000 times": load(
        machine("[" + "!FindInMap [m, a, b]," * 5_000 + "]"), f"Mappings: {{m: {{a: {{b: [{ONES}]}}}}}}\n"
    ),
    "a template: a text of 40 KB split 1,500 times": load(
        machine("[" + "!Split [',', !Ref P]," * 1_500 + "]"), f"Parameters: {{P: {{Type: String, Default: '{ONES}'}}}}\n"
    ),
    "a template: a list of 20,000 in a loop of 5,000": load(
        "  Fn::ForEach::L: [x, [" + ",".join(f"b{n}" for n in range(5_000)) + "], "
        f"{{'${{x}}': {{Type: AWS::S3::Bucket, Properties: {{Tags: [{ONES}]}}}}}}]\n" + machine("1")
    ),
    "a template: a text of 100 KB substituted 20,000 times": load(
        machine("'" + "${a}" * 20_000 + "'").replace("Definition:", f"DefinitionSubstitutions: {{a: {'x' * 100_000}}}, Definition:")
    ),
    "a template: a text of 1 MB behind 4,000 aliases": load(
        machine("1"), f"Metadata: {{a: &a {'x' * MEGABYTE}, b: [{'*a, ' * 4_000}]}}\n"
    ),
    "API: thirty retriers for each of 1,000 states": created(
        {f"{n}": task(Retry=[{"ErrorEquals": [f"E{r}"]} for r in range(30)]) | ({"Next": f"{n + 1}", "End": False} if n < 999 else {}) for n in range(1_000)}
    ),
    "API: 15,000 retriers of a state whose name has 300 KB": checked({"n" * 300_000: task(Retry=[{"ErrorEquals": ["E"]}] * 15_000)}),
    "API: 15,000 expressions below a name of 500 KB": created(
        {"A": {"Type": "Pass", "Output": {"n" * 500_000: ["{% 1 %}"] * 15_000}, "End": True}}, QueryLanguage="JSONata"
    ),
    "API: 8,000 variables, each of which 8,000 expressions may mean": created(
        chained(8_000, lambda n: {"Type": "Pass", "Assign": {f"v{n}": f"{{% $v{n} %}}"}}), QueryLanguage="JSONata"
    ),
    "API: 10,000 fields of JSONata": created(
        {"A": {"Type": "Pass", "Output": {f"f{n}": f"{{% $states.input.field{n} + {n} %}}" for n in range(10_000)}, "End": True}},
        QueryLanguage="JSONata",
    ),
    "API: twenty distributed Maps within each other": created(maps(20)),
    "API: 8,000 tasks of services that are none": checked(chained(8_000, lambda n: {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:dynamodbb{n}:getItem"})),
    "API: a service whose name has 900 KB": checked({"A": task(f"arn:aws:states:::aws-sdk:{'s' * 900_000}:getObject")}),
    "API: 40,000 misspelt errors": checked({"A": task(Retry=[{"ErrorEquals": [f"s3.E{n}" for n in range(40_000)]}])}),
    "API: 15,000 rules of a Choice": created(
        {
            "A": {"Type": "Choice", "Choices": [{"And": [{"Variable": "$.a", "IsPresent": True}], "Next": "B"}] * 15_000},
            "B": {"Type": "Succeed"},
        }
    ),
    "API: a function of 250,000 paths": created({"A": {"Type": "Pass", "Parameters": {"a.$": f"States.Array({', '.join(['$'] * 250_000)})"}, "End": True}}),
    "API: a path of 200,000 names": created({"A": {"Type": "Pass", "InputPath": "$" + ".abc" * 200_000, "End": True}}),
    "API: a pattern of 10,000 places": created({"A": {"Type": "Pass", "Output": "{% $contains('a', /(a{100}){100}/) %}", "End": True}}, QueryLanguage="JSONata"),
    "API: a function with a signature of 10,000 letters": created(
        {"A": {"Type": "Pass", "Output": "{% (function($x)<" + "s?" * 5_000 + ":s>{$x})(1) %}", "End": True}}, QueryLanguage="JSONata"
    ),
    "API: 10,000 patterns of 99 letters of any language": created(
        {"A": {"Type": "Pass", "Output": ["{% $contains('a', /\\w{99}/) %}"] * 10_000, "End": True}}, QueryLanguage="JSONata"
    ),
    "API: an expression of 200,000 names": created(
        {"A": {"Type": "Pass", "Output": "{% $states" + ".abc" * 200_000 + " %}", "End": True}}, QueryLanguage="JSONata"
    ),
    "API: an expression of 100,000 calls": created(
        {"A": {"Type": "Pass", "Output": "{% [" + "$f($v),".join([""] * 100_000) + "1] %}", "End": True}}, QueryLanguage="JSONata"
    ),
    # HTTP
    "a request line of 100 KB": ({"path": "/prod/plain?" + "a" * 100_000}, "{}"),
    "100,000 requests without reading an answer": ({"flood": 100_000}, None),
    "1,000 callers that never end their heads": ({"crowd": 1_000}, None),
    "thirty callers that read no page of 4 MiB": ({"hoard": 30}, None),
    "two hundred such callers": ({"hoard": 200}, None),
    "1,000 callers that hang up while a state with 200 KB is tried out": ({"hang_up": 1_000}, None),
    "two lengths": (head("Content-Length: 2", "Content-Length: 30", "", "{}"), None),
    "a length beside chunks": (head("Content-Length: 2", "Transfer-Encoding: chunked", "", "0", "", ""), None),
    "an encoding by another name": (head("Transfer-Encoding: xchunked", "", "{}"), None),
    "a line ended by a bare carriage return": (head("X: a\rTransfer-Encoding: chunked", "", "{}"), None),
    "a switch to WebSocket": (
        head(
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "Content-Length: 2",
            "",
            "{}",
        ),
        None,
    ),
    "a path of 20,000 steps": ({"path": "/prod" + "/.." * 20_000}, "{}"),
    "15,000 parameters": ({"path": "/prod/plain?" + "a=1&" * 15_000}, "{}"),
}
