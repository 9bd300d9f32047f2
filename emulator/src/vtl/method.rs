//! The names of methods.
//!
//! They are a closed world: a template that calls another is refused when it is compiled. A known method on a value
//! that does not have it gives null, as Velocity's reflection does.

macro_rules! methods {
    ($($variant:ident $name:literal,)*) => {
        /// Every method known.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Method { $(#[doc = $name] $variant,)* }

        impl Method {
            pub(super) fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

methods! {
    Json "json", Path "path", Params "params",
    EscapeJavaScript "escapeJavaScript", ParseJson "parseJson", UrlEncode "urlEncode", UrlDecode "urlDecode",
    Base64Encode "base64Encode", Base64Decode "base64Decode",
    Add "add", AddAll "addAll", BitCount "bitCount", BooleanValue "booleanValue", ByteValue "byteValue",
    CharAt "charAt", Clear "clear", Clone "clone", CodePointAt "codePointAt", CodePointCount "codePointCount",
    Compare "compare", CompareTo "compareTo", CompareToIgnoreCase "compareToIgnoreCase", Concat "concat",
    Contains "contains", ContainsAll "containsAll", ContainsKey "containsKey", ContainsValue "containsValue",
    ContentEquals "contentEquals", DoubleValue "doubleValue", EndsWith "endsWith", EntrySet "entrySet",
    Equals "equals", EqualsIgnoreCase "equalsIgnoreCase", FloatValue "floatValue", Format "format", Get "get",
    GetKey "getKey", GetOrDefault "getOrDefault", GetValue "getValue", HashCode "hashCode", IndexOf "indexOf",
    IntValue "intValue", Intern "intern", IsBlank "isBlank", IsEmpty "isEmpty", IsInfinite "isInfinite",
    IsNaN "isNaN", Join "join", KeySet "keySet", LastIndexOf "lastIndexOf", Length "length",
    LogicalAnd "logicalAnd", LogicalOr "logicalOr", LogicalXor "logicalXor", LongValue "longValue",
    Matches "matches", Max "max", Min "min", ParseBoolean "parseBoolean", ParseDouble "parseDouble",
    ParseFloat "parseFloat", ParseInt "parseInt", ParseLong "parseLong", Put "put", PutAll "putAll",
    PutIfAbsent "putIfAbsent", RegionMatches "regionMatches", Remove "remove", RemoveAll "removeAll", Repeat "repeat", Replace "replace",
    ReplaceAll "replaceAll", ReplaceFirst "replaceFirst", RetainAll "retainAll", Set "set", SetValue "setValue",
    ShortValue "shortValue", Signum "signum", Size "size", Split "split", StartsWith "startsWith", Strip "strip",
    StripLeading "stripLeading", StripTrailing "stripTrailing", SubList "subList", SubSequence "subSequence",
    Substring "substring", Sum "sum", ToArray "toArray", ToBinaryString "toBinaryString",
    ToCharArray "toCharArray", ToHexString "toHexString", ToLowerCase "toLowerCase",
    ToOctalString "toOctalString", ToString "toString", ToUpperCase "toUpperCase", Trim "trim", ValueOf "valueOf",
    Values "values",
}

impl Method {
    /// Those of `$input`.
    pub(super) const INPUT: [Self; 3] = [Self::Json, Self::Path, Self::Params];
    /// Those of `$util`.
    pub(super) const UTIL: [Self; 6] = [
        Self::EscapeJavaScript,
        Self::ParseJson,
        Self::UrlEncode,
        Self::UrlDecode,
        Self::Base64Encode,
        Self::Base64Decode,
    ];

    /// Whether only an object of API Gateway's own has it.
    pub(super) fn is_own(self) -> bool {
        Self::INPUT.contains(&self) || Self::UTIL.contains(&self)
    }
}
