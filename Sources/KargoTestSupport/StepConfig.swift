internal import Documents

/// The configuration of a step after the evaluation of its expressions. As with Kargo's schemas, a value of another
/// type is an error.
struct StepConfig: Sendable {
    let value: JSONValue
    let path: String

    init(_ value: JSONValue, path: String = "config") {
        self.value = value
        self.path = path
    }

    /// Rejects all other keys.
    func only(_ keys: String...) throws {
        guard let members = value.members else { throw StepFailure.configuration("\(path) is not a map") }
        for member in members where !keys.contains(member.key) {
            throw StepFailure.configuration("\(path).\(member.key): no such property")
        }
    }

    func has(_ key: String) -> Bool { value[key].map { $0 != .null } ?? false }

    func text(_ key: String) throws -> String? {
        guard let found = value[key], found != .null else { return nil }
        guard case .string(let text) = found else {
            throw StepFailure.configuration("\(path).\(key) must be a string, not \(found.text.dropLast())")
        }
        return text
    }

    func required(_ key: String) throws -> String {
        guard let text = try text(key) else { throw StepFailure.configuration("\(path).\(key) is missing") }
        guard !text.isEmpty else { throw StepFailure.configuration("\(path).\(key) is empty") }
        return text
    }

    /// A string; nil when it is absent or empty.
    func filled(_ key: String) throws -> String? {
        guard let text = try text(key), !text.isEmpty else { return nil }
        return text
    }

    func bool(_ key: String) throws -> Bool {
        guard let found = value[key], found != .null else { return false }
        guard case .bool(let isTrue) = found else {
            throw StepFailure.configuration("\(path).\(key) must be a boolean, not \(found.text.dropLast())")
        }
        return isTrue
    }

    func int(_ key: String) throws -> Int? {
        guard let found = value[key], found != .null else { return nil }
        guard let int = found.int else {
            throw StepFailure.configuration("\(path).\(key) must be an integer, not \(found.text.dropLast())")
        }
        return Int(int)
    }

    func list(_ key: String) throws -> [StepConfig] {
        guard let found = value[key], found != .null else { return [] }
        guard let elements = found.array else { throw StepFailure.configuration("\(path).\(key) must be an array") }
        return elements.enumerated().map { StepConfig($1, path: "\(path).\(key)[\($0)]") }
    }

    func texts(_ key: String) throws -> [String] {
        try list(key).map { element in
            guard case .string(let text) = element.value else {
                throw StepFailure.configuration("\(element.path) must be a string")
            }
            return text
        }
    }

    func map(_ key: String) -> StepConfig? {
        value[key].flatMap { $0.members == nil ? nil : StepConfig($0, path: "\(path).\(key)") }
    }

    /// A Go duration such as `1m30s`.
    func duration(_ key: String) throws -> Duration? {
        guard let text = try text(key) else { return nil }
        guard let duration = Duration(go: text) else {
            throw StepFailure.configuration("\(path).\(key): \(text) is not a duration")
        }
        return duration
    }
}

extension Duration {
    /// Parses a Go duration: `90s`, `1m30s`, `1.5h`.
    init?(go text: String) {
        let units = ["ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600]
        var seconds = 0.0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        if rest == "0" {
            self = .zero
            return
        }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !$0.isNumber && $0 != "." }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let factor = units[String(unit)] else { return nil }
            seconds += number * factor
        }
        self = .seconds(seconds)
    }
}
