extension YAMLText {
    /// True when a reader of YAML 1.1 or 1.2 reads `text` without quotes as a number or a truth value.
    package static func looksTyped(_ text: String) -> Bool {
        if ["y", "n", "yes", "no", "on", "off", "true", "false"].contains(text.lowercased()) { return true }
        var rest = Substring(text.lowercased())
        if let sign = rest.first, sign == "-" || sign == "+" { rest = rest.dropFirst() }
        if rest == ".inf" || rest == ".nan" { return true }
        if rest.hasPrefix("0x") { return rest.count > 2 && rest.dropFirst(2).allSatisfy { $0.isHexDigit || $0 == "_" } }
        if rest.hasPrefix("0o") || rest.hasPrefix("0b") {
            return rest.count > 2 && rest.dropFirst(2).allSatisfy { $0.isASCIIDigit || $0 == "_" }
        }
        // Decimal, octal, sexagesimal and floating-point forms consist of digits and a few other characters. 1.4.0 is
        // text.
        guard let first = rest.first, first.isASCIIDigit || first == "." else { return false }
        let parts = rest.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0].contains(where: \.isASCIIDigit),
            parts[0].allSatisfy({ $0.isASCIIDigit || "._:".contains($0) }), parts[0].count(where: { $0 == "." }) < 2
        else { return false }
        guard parts.count == 2 else { return true }
        let exponent = parts[1].first == "-" || parts[1].first == "+" ? parts[1].dropFirst() : parts[1]
        return !exponent.isEmpty && exponent.allSatisfy(\.isASCIIDigit)
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) && isASCII }
}
