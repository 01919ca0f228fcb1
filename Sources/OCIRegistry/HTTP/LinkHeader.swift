/// The `Link` header of RFC 8288, as far as pagination needs it.
enum LinkHeader {
    /// The target of the first link whose relation is `next`; nil when there is none.
    static func next(_ values: [String]) -> String? {
        for value in values {
            var scanner = HeaderScanner(value)
            while !scanner.isAtEnd {
                scanner.skipCommas()
                guard let target = target(&scanner) else { break }
                var isNext = false
                scanner.skipSpace()
                while scanner.take(";") {
                    scanner.skipSpace()
                    guard let name = scanner.token() else { continue }
                    scanner.skipSpace()
                    guard scanner.take("=") else { continue }
                    scanner.skipSpace()
                    guard let parameter = scanner.value() else { return nil }
                    if name.lowercased() == "rel" {
                        isNext = parameter.lowercased().split(separator: " ").contains("next")
                    }
                    scanner.skipSpace()
                }
                if isNext { return target }
            }
        }
        return nil
    }

    /// The target of a link. Nexus leaves out the angle brackets.
    private static func target(_ scanner: inout HeaderScanner) -> String? {
        if scanner.take("<") { return scanner.text(upTo: ">") }
        return scanner.text(before: ";", ",")
    }
}
