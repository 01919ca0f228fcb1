internal import Documents
internal import FoundationEssentials
internal import Support

/// The functions of the language (expr-lang).
package enum Builtin {
    typealias Function = @Sendable ([JSONValue]) throws(ExpressionError) -> JSONValue

    /// The names of all functions that expr-lang defines.
    package static let names = Set(
        """
        all any one none map filter find findIndex findLast findLastIndex count sum groupBy sortBy reduce len abs ceil \
        floor round int float string trim trimPrefix trimSuffix upper lower split splitAfter replace repeat join indexOf \
        lastIndexOf hasPrefix hasSuffix max min mean median toJSON fromJSON toBase64 fromBase64 now duration date \
        timezone first last get take keys values toPairs fromPairs reverse sort concat flatten uniq type bitand bitor \
        bitxor bitnand bitshl bitshr bitushr bitnot
        """.split(separator: " ").map(String.init))

    /// The index of the argument that is a predicate.
    static let predicates = [
        "all": 1, "any": 1, "one": 1, "none": 1, "map": 1, "filter": 1, "find": 1, "findIndex": 1, "findLast": 1,
        "findLastIndex": 1, "count": 1, "sum": 1, "groupBy": 1, "sortBy": 1, "reduce": 1,
    ]

    /// The functions that can be evaluated.
    static let functions: [String: Function] = [
        "len": { arguments throws(ExpressionError) in
            switch try argument(arguments, 0) {
            case .string(let text): .number(String(text.unicodeScalars.count))
            case .array(let elements): .number(String(elements.count))
            case .object(let members): .number(String(members.count))
            case let value: throw wrong(value)
            }
        },
        "count": { arguments throws(ExpressionError) in
            .number(String(try list(arguments, 0).count { $0 == .bool(true) }))
        },
        "string": { arguments throws(ExpressionError) in
            switch try argument(arguments, 0) {
            case .string(let text): .string(text)
            case let value: .string(GoJSON.text(value))
            }
        },
        "int": { arguments throws(ExpressionError) in
            let value = try argument(arguments, 0)
            if case .string(let text) = value, let number = Int64(text) { return .number(String(number)) }
            guard let number = Number(value), abs(number.double) < 9e18 else { throw wrong(value) }
            return .number(String(Int64(number.double)))
        },
        "float": { arguments throws(ExpressionError) in
            let value = try argument(arguments, 0)
            if case .string(let text) = value, let number = GoText.double(text) { return Number.double(number).json }
            guard let number = Number(value) else { throw wrong(value) }
            return Number.double(number.double).json
        },
        "trim": { arguments throws(ExpressionError) in
            let set = arguments.count > 1 ? Array(try text(arguments, 1)) : [" ", "\t", "\n", "\r"]
            var rest = Substring(try text(arguments, 0))
            while let first = rest.first, set.contains(first) { rest.removeFirst() }
            while let last = rest.last, set.contains(last) { rest.removeLast() }
            return .string(String(rest))
        },
        "trimPrefix": { arguments throws(ExpressionError) in
            let (whole, part) = (try text(arguments, 0), try text(arguments, 1))
            return .string(whole.hasPrefix(part) ? String(whole.dropFirst(part.count)) : whole)
        },
        "trimSuffix": { arguments throws(ExpressionError) in
            let (whole, part) = (try text(arguments, 0), try text(arguments, 1))
            return .string(whole.hasSuffix(part) ? String(whole.dropLast(part.count)) : whole)
        },
        "upper": { arguments throws(ExpressionError) in .string(try text(arguments, 0).uppercased()) },
        "lower": { arguments throws(ExpressionError) in .string(try text(arguments, 0).lowercased()) },
        "split": { arguments throws(ExpressionError) in
            let (whole, separator) = (try text(arguments, 0), try text(arguments, 1))
            guard !separator.isEmpty else {
                try checkElements(whole.utf8.count)
                return .array(whole.map { .string(String($0)) })
            }
            let most = arguments.count > 2 ? arguments[2].int.flatMap { $0 > 0 ? Int($0) - 1 : nil } : nil
            let (bytes, mark) = (Array(whole.utf8), Array(separator.utf8))
            let places = ByteSearch.all(mark, in: bytes, limit: min(most ?? .max, maximumElements + 1))
            try checkElements(places.count)
            let starts = [0] + places.map { $0 + mark.count }
            return .array(
                zip(starts, places + [bytes.count]).map { .string(String(decoding: bytes[$0..<$1], as: UTF8.self)) })
        },
        "replace": { arguments throws(ExpressionError) in
            let part = try text(arguments, 1)
            guard !part.isEmpty else {
                throw ExpressionError(.unsupported, "replacing an empty string is not supported")
            }
            let (bytes, mark) = (Array(try text(arguments, 0).utf8), Array(part.utf8))
            let replacement = Array(try text(arguments, 2).utf8)
            let places = ByteSearch.all(mark, in: bytes)
            try checkBytes(bytes.count - places.count * mark.count, places.count, replacement.count)
            var result: [UInt8] = []
            var end = 0
            for place in places {
                result += bytes[end..<place]
                result += replacement
                end = place + mark.count
            }
            return .string(String(decoding: result + bytes[end...], as: UTF8.self))
        },
        "join": { arguments throws(ExpressionError) in
            let separator = arguments.count > 1 ? try text(arguments, 1) : ""
            var parts: [String] = []
            for element in try list(arguments, 0) {
                guard case .string(let text) = element else { throw wrong(element) }
                parts.append(text)
            }
            try checkBytes(
                parts.reduce(0) { $0.addingClamped($1.utf8.count) }, max(0, parts.count - 1), separator.utf8.count)
            return .string(parts.joined(separator: separator))
        },
        "hasPrefix": { arguments throws(ExpressionError) in
            .bool(try text(arguments, 0).utf8.starts(with: try text(arguments, 1).utf8))
        },
        "hasSuffix": { arguments throws(ExpressionError) in
            .bool(try text(arguments, 0).utf8.reversed().starts(with: try text(arguments, 1).utf8.reversed()))
        },
        "toJSON": { arguments throws(ExpressionError) in
            .string(GoJSON.indented(try argument(arguments, 0)))
        },
        "fromJSON": { arguments throws(ExpressionError) in
            do {
                return try JSONParser.parse(Array(try text(arguments, 0).utf8), file: "fromJSON()")
            } catch {
                throw ExpressionError(.type, "\(error)")
            }
        },
        "toBase64": { arguments throws(ExpressionError) in
            .string(Data(try text(arguments, 0).utf8).base64EncodedString())
        },
        "fromBase64": { arguments throws(ExpressionError) in
            guard let data = Data(base64Encoded: try text(arguments, 0)) else {
                throw ExpressionError(.type, "the string is not base64")
            }
            return .string(String(decoding: data, as: UTF8.self))
        },
        "first": { arguments throws(ExpressionError) in try list(arguments, 0).first ?? .null },
        "last": { arguments throws(ExpressionError) in try list(arguments, 0).last ?? .null },
        "get": { arguments throws(ExpressionError) in
            let (whole, key) = (try argument(arguments, 0), try argument(arguments, 1))
            if case .string(let name) = key { return whole[name] ?? .null }
            guard let elements = whole.array, let index = key.int else { return .null }
            let place = index < 0 ? Int64(elements.count) + index : index
            return elements.indices.contains(Int(place)) ? elements[Int(place)] : .null
        },
        "keys": { arguments throws(ExpressionError) in
            .array((try argument(arguments, 0).members ?? []).map { .string($0.key) })
        },
        "values": { arguments throws(ExpressionError) in
            .array((try argument(arguments, 0).members ?? []).map(\.value))
        },
        "reverse": { arguments throws(ExpressionError) in .array(try list(arguments, 0).reversed()) },
        "concat": { arguments throws(ExpressionError) in
            var all: [JSONValue] = []
            for place in arguments.indices { all += try list(arguments, place) }
            return .array(all)
        },
        "type": { arguments throws(ExpressionError) in
            switch try argument(arguments, 0) {
            case .object: "map"
            case .array: "array"
            case .string: "string"
            case .number(let text): Int64(text) == nil ? "float" : "int"
            case .bool: "bool"
            case .null: "nil"
            }
        },
    ]

    /// The largest text that a function makes, in bytes: four times the largest response that Kargo's http step reads.
    static let maximumBytes = 8 << 20
    /// The maximum number of elements of a list that a function makes: more exceed the limit of steps.
    static let maximumElements = 100_000

    /// Checks the size of a text before it is made: `bytes` and `count` repetitions of `size` bytes.
    private static func checkBytes(_ bytes: Int, _ count: Int, _ size: Int) throws(ExpressionError) {
        let (product, overflows) = count.multipliedReportingOverflow(by: size)
        guard !overflows, bytes.addingClamped(product) <= maximumBytes else {
            throw ExpressionError(.limit, "the result has more than \(maximumBytes) bytes")
        }
    }

    private static func checkElements(_ count: Int) throws(ExpressionError) {
        guard count <= maximumElements else {
            throw ExpressionError(.limit, "the result has more than \(maximumElements) elements")
        }
    }

    private static func argument(_ arguments: [JSONValue], _ place: Int) throws(ExpressionError) -> JSONValue {
        guard arguments.indices.contains(place) else {
            throw ExpressionError(.type, "argument \(place + 1) is missing")
        }
        return arguments[place]
    }

    private static func text(_ arguments: [JSONValue], _ place: Int) throws(ExpressionError) -> String {
        let value = try argument(arguments, place)
        guard case .string(let text) = value else { throw wrong(value) }
        return text
    }

    private static func list(_ arguments: [JSONValue], _ place: Int) throws(ExpressionError) -> [JSONValue] {
        let value = try argument(arguments, place)
        guard case .array(let elements) = value else { throw wrong(value) }
        return elements
    }

    private static func wrong(_ value: JSONValue) -> ExpressionError {
        ExpressionError(.type, "\(Operators.name(of: value)) is not accepted")
    }
}
