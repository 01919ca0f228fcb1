/// One challenge of a `WWW-Authenticate` header.
///
/// [RFC 9110, section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)
struct Challenge: Equatable {
    /// The scheme in lowercase: `bearer`, `basic`.
    let scheme: String
    /// The parameters by their names in lowercase.
    let parameters: [String: String]

    /// Longer values of the header, and further challenges, are ignored. Servers need far less than these limits.
    static let maximumHeaderLength = 16 << 10
    static let maximumCount = 16

    /// The challenges of all values of the header, in order. A malformed challenge ends its value; those before it are kept.
    static func parse(_ values: [String]) -> [Challenge] {
        var challenges: [Challenge] = []
        for value in values where value.utf8.count <= maximumHeaderLength {
            var scanner = HeaderScanner(value)
            scanner.skipCommas()
            while challenges.count < maximumCount, let scheme = scanner.token() {
                guard let parameters = parameters(&scanner) else { break }
                challenges.append(Challenge(scheme: scheme.lowercased(), parameters: parameters))
                scanner.skipCommas()
            }
        }
        return challenges
    }

    /// The parameters after a scheme; nil when they are malformed or one is repeated. A comma ends a parameter or a
    /// whole challenge: a token with an equals sign after it is a parameter, another token is the next scheme.
    private static func parameters(_ scanner: inout HeaderScanner) -> [String: String]? {
        scanner.skipSpace()
        var parameters: [String: String] = [:]
        var lookahead = scanner
        if lookahead.token68() != nil {
            // `Negotiate abc==` has no parameters. A single token after the scheme is treated the same.
            scanner = lookahead
            return parameters
        }
        while true {
            var ahead = scanner
            ahead.skipCommas()
            guard let name = ahead.token() else { return ahead.isAtEnd ? parameters : nil }
            ahead.skipSpace()
            guard ahead.take("=") else { return parameters }
            ahead.skipSpace()
            guard let value = ahead.value(), parameters.updateValue(value, forKey: name.lowercased()) == nil else {
                return nil
            }
            scanner = ahead
            scanner.skipSpace()
            guard scanner.isAtEnd || scanner.next == UInt8(ascii: ",") else { return nil }
        }
    }
}
