"""Every function that SQL may call, by what it is for.

An allow-list: what is not here does not run, whatever a later engine may add. Nothing here reads
anything but its arguments: no files, no network, no dictionaries, no settings, nothing of the server,
the session or the query itself. Nothing here waits, and nothing takes the name of another function or
the text of another query. Unfinished aggregation states are left out: the engine trusts their bytes.

Names are compared without case, as half of them are in the engine.
"""

from __future__ import annotations

_ARITHMETIC = """
abs avg2 divide divideOrNull gcd ifNotFinite intDiv intDivOrNull intDivOrZero isFinite isInfinite isNaN lcm
max2 midpoint min2 minus modulo moduloOrNull moduloOrZero multiply negate plus positiveModulo sqr
acos acosh asin asinh atan atan2 atanh cbrt ceil ceiling cos cosh degrees e erf erfc exp exp10 exp2 factorial
floor hypot intExp10 intExp2 lgamma ln log log10 log1p log2 mod pi pow power radians round roundAge
roundBankers roundDown roundDuration roundToExp2 sigmoid sign sin sinh sqrt tan tanh tgamma trunc truncate
widthBucket width_bucket
bitAnd bitCount bitHammingDistance bitNot bitOr bitRotateLeft bitRotateRight bitShiftLeft bitShiftRight
bitSlice bitTest bitTestAll bitTestAny bitXor
"""

_LOGIC = """
and or not xor equals notEquals less lessOrEquals greater greaterOrEquals isDistinctFrom isNotDistinctFrom
in notIn nullIn notNullIn globalIn globalNotIn globalNullIn globalNotNullIn exists
if multiIf caseWithExpression caseWithExpr caseWithoutExpression caseWithoutExpr transform
clamp greatest least assumeNotNull coalesce firstNonDefault ifNull isNotNull isNull isNullable isZeroOrNull
nullIf toNullable grouping identity materialize toTypeName toColumnTypeName
"""

_TEXT = """
alphaTokens appendTrailingCharIfAbsent ascii base32Decode base32Encode base58Decode base58Encode
base64Decode base64Encode base64URLDecode base64URLEncode bin char char_length character_length
concat concatAssumeInjective concatWithSeparator concat_ws convertCharset damerauLevenshteinDistance
decodeHTMLComponent decodeXMLComponent decodeURLComponent decodeURLFormComponent editDistance
encodeURLComponent encodeURLFormComponent encodeXMLComponent endsWith endsWithUTF8 extractTextFromHTML
firstLine format hex initcap initcapUTF8 instr isValidASCII isValidUTF8 jaroSimilarity
jaroWinklerSimilarity lcase left leftPad leftPadUTF8 leftUTF8 length lengthUTF8 levenshteinDistance
lower lowerUTF8 lpad ltrim mid ngrams normalizeUTF8NFC normalizeUTF8NFD normalizeUTF8NFKC normalizeUTF8NFKD
octet_length repeat replace replaceAll replaceOne replaceRegexpAll
replaceRegexpOne reverse reverseUTF8 right rightPad rightPadUTF8 rightUTF8 rpad rtrim soundex space
splitByAlpha splitByChar splitByNonAlpha splitByRegexp splitByString splitByWhitespace startsWith
startsWithUTF8 stringBytesEntropy stringJaccardIndex stringJaccardIndexUTF8 substr substring
substringIndex substringIndexUTF8 substringUTF8 toValidUTF8 tokens translate translateUTF8 trim trimBoth
trimLeft trimRight ucase unbin unhex upper upperUTF8 visibleWidth empty notEmpty
bar formatReadableDecimalSize formatReadableQuantity formatReadableSize formatReadableTimeDelta
parseReadableSize parseReadableSizeOrNull parseReadableSizeOrZero parseTimeDelta
"""

_SEARCH = """
countMatches countMatchesCaseInsensitive countSubstrings countSubstringsCaseInsensitive
countSubstringsCaseInsensitiveUTF8 extract extractAll extractAllGroups extractAllGroupsHorizontal
extractAllGroupsVertical extractGroups extractKeyValuePairs extractKeyValuePairsWithEscaping hasAllTokens
hasAnyTokens hasSubsequence hasSubsequenceCaseInsensitive hasToken hasTokenCaseInsensitive
hasTokenCaseInsensitiveOrNull hasTokenOrNull ilike like locate match multiFuzzyMatchAny multiMatchAllIndices
multiMatchAny multiMatchAnyIndex multiSearchAllPositions multiSearchAllPositionsCaseInsensitive
multiSearchAny multiSearchAnyCaseInsensitive multiSearchFirstIndex multiSearchFirstPosition
ngramDistance ngramDistanceCaseInsensitive ngramSearch ngramSearchCaseInsensitive notILike notLike position
positionCaseInsensitive positionCaseInsensitiveUTF8 positionUTF8 regexpExtract
"""

_JSON = """
isValidJSON JSONArrayLength JSONExtract JSONExtractArrayRaw JSONExtractBool JSONExtractFloat JSONExtractInt
JSONExtractKeys JSONExtractKeysAndValues JSONExtractKeysAndValuesRaw JSONExtractRaw JSONExtractString
JSONExtractUInt JSONHas JSONKey JSONLength JSONMergePatch JSONType JSON_ARRAY_LENGTH JSON_EXISTS JSON_QUERY
JSON_VALUE prettyPrintJSON simpleJSONExtractBool simpleJSONExtractFloat simpleJSONExtractInt
simpleJSONExtractRaw simpleJSONExtractString simpleJSONExtractUInt simpleJSONHas toJSONString
visitParamExtractBool visitParamExtractFloat visitParamExtractInt visitParamExtractRaw
visitParamExtractString visitParamExtractUInt visitParamHas
"""

_TIME = """
addDate addDays addHours addInterval addMicroseconds addMilliseconds addMinutes addMonths addNanoseconds
addQuarters addSeconds addWeeks addYears age changeDay changeHour changeMinute changeMonth changeSecond
changeYear dateDiff dateName dateTrunc date_bin date_diff date_trunc formatDateTime
formatDateTimeInJodaSyntax fromUnixTimestamp fromUnixTimestamp64Micro fromUnixTimestamp64Milli
fromUnixTimestamp64Nano fromUnixTimestamp64Second makeDate makeDate32 makeDateTime makeDateTime64 monthName
now now64 subDate subtractDays subtractHours subtractInterval subtractMicroseconds subtractMilliseconds
subtractMinutes subtractMonths subtractNanoseconds subtractQuarters subtractSeconds subtractWeeks
subtractYears timeDiff timeSlot timeSlots timestamp timestampDiff timestamp_diff time_bucket timezoneOf
timezoneOffset toDayOfMonth toDayOfWeek toDayOfYear toDaysInMonth toHour toInterval toIntervalDay
toIntervalHour toIntervalMicrosecond toIntervalMillisecond toIntervalMinute toIntervalMonth
toIntervalNanosecond toIntervalQuarter toIntervalSecond toIntervalWeek toIntervalYear toISOWeek toISOYear
toLastDayOfMonth toLastDayOfWeek toMicrosecond toMillisecond toMinute toMonday toMonth toNanosecond
toQuarter toRelativeDayNum toRelativeHourNum toRelativeMinuteNum toRelativeMonthNum toRelativeSecondNum
toRelativeWeekNum toRelativeYearNum toSecond toStartOfDay toStartOfFifteenMinutes toStartOfFiveMinutes
toStartOfHour toStartOfInterval toStartOfMicrosecond toStartOfMillisecond toStartOfMinute toStartOfMonth
toStartOfNanosecond toStartOfQuarter toStartOfSecond toStartOfTenMinutes toStartOfWeek toStartOfYear
toTimezone toUnixTimestamp toUnixTimestamp64Micro toUnixTimestamp64Milli toUnixTimestamp64Nano
toUnixTimestamp64Second toWeek toYYYYMM toYYYYMMDD toYYYYMMDDhhmmss toYear toYearWeek today yesterday
year month day hour minute second parseDateTime parseDateTime64 parseDateTime64BestEffort
parseDateTime64BestEffortOrNull parseDateTime64BestEffortOrZero parseDateTime64OrNull parseDateTime64OrZero
parseDateTimeBestEffort parseDateTimeBestEffortOrNull parseDateTimeBestEffortOrZero parseDateTimeOrNull
parseDateTimeOrZero tumble tumbleStart tumbleEnd hop hopStart hopEnd
"""

_CONVERSIONS = """
CAST _CAST accurateCast accurateCastOrDefault accurateCastOrNull toBool toDate toDate32 toDate32OrNull
toDate32OrZero toDateOrNull toDateOrZero toDateTime toDateTime32 toDateTime64 toDateTime64OrNull
toDateTime64OrZero toDateTimeOrNull toDateTimeOrZero toDecimal128 toDecimal128OrNull toDecimal128OrZero
toDecimal32 toDecimal32OrNull toDecimal32OrZero toDecimal64 toDecimal64OrNull toDecimal64OrZero
toDecimalString toFixedString toFloat32 toFloat32OrNull toFloat32OrZero toFloat64 toFloat64OrDefault
toFloat64OrNull toFloat64OrZero toInt128 toInt16 toInt16OrNull toInt16OrZero toInt256 toInt32 toInt32OrNull
toInt32OrZero toInt64 toInt64OrDefault toInt64OrNull toInt64OrZero toInt8 toInt8OrNull toInt8OrZero
toLowCardinality toString toStringCutToZero toUInt128 toUInt16 toUInt16OrNull toUInt16OrZero toUInt256
toUInt32 toUInt32OrNull toUInt32OrZero toUInt64 toUInt64OrDefault toUInt64OrNull toUInt64OrZero toUInt8
toUInt8OrNull toUInt8OrZero toUUID toUUIDOrDefault toUUIDOrNull toUUIDOrZero
"""

_ARRAYS = """
array arrayAll arrayAvg arrayCompact arrayConcat arrayCount arrayCumSum arrayCumSumNonNegative
arrayDifference arrayDistinct arrayDotProduct arrayElement arrayElementOrNull arrayEnumerate
arrayEnumerateDense arrayEnumerateUniq arrayExcept arrayExists arrayFill arrayFilter arrayFirst
arrayFirstIndex arrayFirstOrNull arrayFlatten arrayFold arrayIntersect arrayJaccardIndex arrayJoin arrayLast
arrayLastIndex arrayLastOrNull arrayMap arrayMax arrayMin arrayPartialSort arrayPopBack arrayPopFront
arrayProduct arrayPushBack arrayPushFront arrayResize arrayReverse arrayReverseFill arrayReverseSort
arrayReverseSplit arrayRotateLeft arrayRotateRight arrayShiftLeft arrayShiftRight arrayShingles arraySlice
arraySort arraySplit arrayStringConcat arraySum arraySymmetricDifference arrayUnion arrayUniq
arrayWithConstant arrayZip arrayZipUnaligned array_to_string countEqual flatten has hasAll hasAny hasSubstr
indexOf notHas range unnest
map mapAdd mapAll mapApply mapConcat mapContains mapContainsKey mapContainsKeyLike mapContainsValue
mapContainsValueLike mapExists mapExtractKeyLike mapExtractValueLike mapFilter mapFromArrays mapFromString
mapKeys mapPartialSort mapReverseSort mapSort mapSubtract mapUpdate mapValues
tuple tupleConcat tupleDivide tupleElement tupleMinus tupleMultiply tupleNames tuplePlus
"""

_NETWORK = """
IPv4CIDRToRange IPv4NumToString IPv4NumToStringClassC IPv4StringToNum IPv4StringToNumOrDefault
IPv4StringToNumOrNull IPv4ToIPv6 IPv6CIDRToRange IPv6NumToString IPv6StringToNum IPv6StringToNumOrDefault
IPv6StringToNumOrNull cutIPv6 isIPAddressInRange isIPv4String isIPv6String toIPv4 toIPv4OrDefault
toIPv4OrNull toIPv4OrZero toIPv6 toIPv6OrDefault toIPv6OrNull toIPv6OrZero
URLHierarchy URLPathHierarchy cutFragment cutQueryString cutQueryStringAndFragment
cutToFirstSignificantSubdomain cutURLParameter cutWWW domain domainWithoutWWW extractURLParameter
extractURLParameterNames extractURLParameters firstSignificantSubdomain fragment netloc path pathFull port
protocol queryString queryStringAndFragment topLevelDomain
"""

_HASHES = """
MD5 SHA1 SHA224 SHA256 SHA384 SHA512 cityHash64 farmHash64 halfMD5 intHash32 intHash64 javaHash
murmurHash2_32 murmurHash2_64 murmurHash3_32 murmurHash3_64 murmurHash3_128 sipHash64 sipHash128
xxHash32 xxHash64 xxh3 URLHash
"""

_AGGREGATES = """
any anyHeavy anyLast any_value anyLast_respect_nulls any_respect_nulls first_value last_value approx_top_k
approx_top_count approx_top_sum argMax argMin max_by min_by array_agg avg avgWeighted boundingRatio corr
corrStable count covarPop covarSamp deltaSum deltaSumTimestamp entropy exponentialMovingAverage
exponentialTimeDecayedAvg exponentialTimeDecayedCount exponentialTimeDecayedMax exponentialTimeDecayedSum
groupArray groupArrayInsertAt groupArrayIntersect groupArrayLast groupArrayMovingAvg groupArrayMovingSum
groupArraySample groupArraySorted groupBitAnd groupBitOr groupBitXor groupConcat group_concat string_agg
groupUniqArray histogram intervalLengthSum kurtPop kurtSamp largestTriangleThreeBuckets max maxIntersections
maxIntersectionsPosition maxMappedArrays min minMappedArrays
median medianBFloat16 medianDD medianDeterministic medianExact medianExactHigh medianExactLow
medianExactWeighted medianGK medianInterpolatedWeighted medianTDigest medianTDigestWeighted medianTiming
quantile quantileBFloat16 quantileDD quantileDeterministic quantileExact quantileExactExclusive
quantileExactHigh quantileExactInclusive quantileExactLow quantileExactWeighted quantileGK
quantileInterpolatedWeighted quantileTDigest quantileTDigestWeighted quantileTiming quantiles
quantilesBFloat16 quantilesDD quantilesExact quantilesExactExclusive quantilesExactHigh
quantilesExactInclusive quantilesExactLow quantilesGK quantilesTDigest quantilesTiming
rankCorr retention sequenceCount sequenceMatch simpleLinearRegression singleValueOrNull skewPop skewSamp
sparkbar stddev stddevPop stddevPopStable stddevSamp stddevSampStable stddev_pop stddev_samp
sum sumCount sumKahan sumMappedArrays sumWithOverflow topK topKWeighted uniq uniqCombined
uniqCombined64 uniqExact uniqHLL12 uniqUpTo varPop varPopStable varSamp varSampStable var_pop var_samp
windowFunnel
"""

_WINDOWS = """
cume_dist denseRank dense_rank lag lagInFrame lead leadInFrame nonNegativeDerivative nth_value ntile
percentRank percent_rank rank row_number
"""

COMBINATORS = ("If", "Array", "Map", "Distinct", "OrNull", "OrDefault", "ForEach")
"""Endings that change how an aggregate function aggregates, and nothing else."""

GROUPS = {
    "arithmetic": frozenset(_ARITHMETIC.split()),
    "comparison, logic, conditions": frozenset(_LOGIC.split()),
    "text": frozenset(_TEXT.split()),
    "search": frozenset(_SEARCH.split()),
    "JSON": frozenset(_JSON.split()),
    "time": frozenset(_TIME.split()),
    "types": frozenset(_CONVERSIONS.split()),
    "arrays, maps, tuples": frozenset(_ARRAYS.split()),
    "addresses and URLs": frozenset(_NETWORK.split()),
    "hashes": frozenset(_HASHES.split()),
    "window": frozenset(_WINDOWS.split()),
    "aggregation": frozenset(_AGGREGATES.split()),
}
"""Names as the engine spells them, in the order of docs/sql.md."""

AGGREGATES = GROUPS["aggregation"]
FUNCTIONS = frozenset().union(*GROUPS.values())
"""Every name; aggregate functions also with combinators behind."""

TABLE_FUNCTIONS = frozenset({"numbers", "values"})
"""`numbers(n)` up to MAX_NUMBERS, and literal rows."""

MAX_NUMBERS = 10_000_000

TYPED = frozenset(
    {"cast", "_cast", "accuratecast", "accuratecastordefault", "accuratecastornull", "jsonextract"}
    | {"jsonextractkeysandvalues", "values"}
)
"""Functions with the name of a type among their arguments."""

IN_FUNCTIONS = frozenset(
    {"in", "notin", "nullin", "notnullin", "globalin", "globalnotin", "globalnullin", "globalnotnullin"}
)
"""Functions whose second argument may be a table's name."""

SYNTAX = frozenset({"exists", "grouping"})
"""Names of FUNCTIONS that the engine knows as syntax and not as functions."""

_ALLOWED = frozenset(name.lower() for name in FUNCTIONS)
_AGGREGATING = frozenset(name.lower() for name in AGGREGATES)


def is_allowed(name: str) -> bool:
    """Whether SQL may call the function.

    >>> is_allowed("countIf"), is_allowed("COUNT"), is_allowed("sumState"), is_allowed("file")
    (True, True, False, False)
    """
    base = name.lower()
    if base in _ALLOWED:
        return True
    endings = [ending.lower() for ending in COMBINATORS]
    while base not in _AGGREGATING:
        ending = next((one for one in endings if base.endswith(one) and len(base) > len(one)), None)
        if ending is None:
            return False
        base = base.removesuffix(ending)
    return True
