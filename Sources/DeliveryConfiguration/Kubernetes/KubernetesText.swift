internal import Documents
internal import Support

/// The rules of Kubernetes for names, quantities and paths, as far as the API server checks them.
enum KubernetesText {
    /// Any text of up to 4 KiB.
    static let any = Shape.anyText()
    /// Any text of up to 64 KiB: an annotation or the value of a variable.
    static let long = Shape.anyText(limit: 64 << 10)

    /// The name of an object: DNS labels joined by dots.
    static let name = rule("use up to 253 lowercase letters, digits, inner dashes and dots") { text in
        text.utf8.count <= 253 && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isDNSLabel)
    }

    /// A name that must be a DNS label: of a volume, a namespace or a port.
    static let label = rule("use 1 to 63 lowercase letters, digits and inner dashes", isDNSLabel)

    /// The key of a label, an annotation or a resource: a name, with or without a prefix and a slash.
    static let key = rule("use a name such as example.com/name") { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, parts.count <= 2, !name.isEmpty, isLabelValue(name) else { return false }
        return parts.count == 1 || (parts[0].utf8.count <= 253 && parts[0].split(separator: ".").allSatisfy(isDNSLabel))
    }

    /// The value of a label.
    static let labelValue = rule("use up to 63 letters, digits and inner . _ -", isLabelValue)

    /// The key of an entry in a ConfigMap or a Secret.
    static let entry = rule("use 1 to 253 letters, digits and . _ -") { text in
        (1...253).contains(text.utf8.count) && text != "." && text != ".." && text.utf8.allSatisfy(isWord)
    }

    /// The name of an environment variable.
    static let variable = rule("use letters, digits and . _ -, and no digit at the start") { text in
        text.utf8.first.map { !isDigit($0) } == true && text.utf8.allSatisfy(isWord)
    }

    /// A quantity such as `500m`, `0.5` or `128Mi`.
    static let quantity = rule("use a quantity such as 500m, 2 or 128Mi") { amount($0) != nil }

    /// The number that a quantity means; nil for text that is not a quantity.
    static func amount(_ quantity: String) -> Double? {
        let number = quantity.utf8.prefix { isDigit($0) || $0 == UInt8(ascii: ".") }
        let parts = number.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }), number.count <= 18,
            let value = Double(String(Substring(number))), let unit = units[String(quantity.dropFirst(number.count))]
        else { return nil }
        return value * unit
    }

    private static let units: [String: Double] = [
        "": 1, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
        "Ki": 0x1p10, "Mi": 0x1p20, "Gi": 0x1p30, "Ti": 0x1p40, "Pi": 0x1p50, "Ei": 0x1p60,
    ]

    /// A percentage.
    static let percentage = rule("use a number, or a percentage such as 50%") { text in
        text.hasSuffix("%") && Int(text.dropLast()).map { (0...100).contains($0) } == true && text.first != "+"
    }

    /// A time such as `30s`, as Prometheus writes it.
    static let duration = rule("use a time such as 30s or 1m") { text in
        let number = text.utf8.prefix(while: isDigit)
        return !number.isEmpty && number.count <= 6 && ["ms", "s", "m", "h"].contains(text.dropFirst(number.count))
    }

    /// An absolute path in the container.
    static let absolutePath = rule("use an absolute path without `..` and colons") { text in
        text.hasPrefix("/") && text.utf8.count <= 1_024 && !text.contains(":") && !isClimbing(text)
    }

    /// A path below a directory.
    static let relativePath = rule("use a relative path without `..`") { text in
        !text.isEmpty && !text.hasPrefix("/") && text.utf8.count <= 1_024 && !isClimbing(text)
    }

    /// The name of a host, which a URL of the generated files may contain.
    static let host = rule("use a DNS name") { text in
        text.utf8.count <= 253 && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isDNSLabel)
    }

    /// A range of addresses.
    static let range = rule("use a range of addresses such as 10.0.0.0/8") { text in
        guard let slash = text.lastIndex(of: "/"), let bits = Int(text[text.index(after: slash)...]) else {
            return false
        }
        let address = text[..<slash]
        return !address.isEmpty && (0...(address.contains(":") ? 128 : 32)).contains(bits)
            && address.utf8.allSatisfy { isDigit($0) || "abcdefABCDEF.:".utf8.contains($0) }
    }

    private static func rule(_ remedy: String, _ isValid: @escaping @Sendable (String) -> Bool) -> Shape.TextRule {
        { text throws(DocumentError) in
            guard isValid(text) else { throw .init(.invalidDocument, "\(quoted(text.prefix(300))); \(remedy)") }
        }
    }

    private static func isLabelValue(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.suffix(1).first else { return true }
        return text.utf8.count <= 63 && isLetterOrDigit(first) && isLetterOrDigit(last) && text.utf8.allSatisfy(isWord)
    }

    private static func isClimbing(_ path: String) -> Bool { path.split(separator: "/").contains("..") }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isWord(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || "._-".utf8.contains(byte) }
}
