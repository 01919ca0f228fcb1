internal import Documents
internal import Support

/// What a registry says about a request that it refuses: the status and the errors of the distribution-spec.
///
/// [distribution-spec, Error Codes](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes)
struct RegistryRefusal: Sendable {
    /// The maximum number of errors of one response that are shown.
    private static let shown = 3
    /// The maximum number of characters of a text that are shown.
    private static let longest = 200
    private static let limits = JSONLimits(bytes: 64 << 10, depth: 8, values: 500)

    /// The HTTP status.
    let status: Int
    /// The error codes; texts that are not codes are dropped.
    let codes: [String]
    /// The registry's own words, escaped and shortened, without repetitions.
    let words: [String]

    /// Reads the body of an error response.
    ///
    /// - Parameters:
    ///   - body: the body; nil when it could not be read.
    ///   - secrets: what must not be shown. A registry that repeats one of these is not quoted at all.
    init(status: Int, body: [UInt8]?, secrets: [String]) {
        self.status = status
        requiresClientCertificate =
            body.map { Array($0.prefix(4 << 10)).firstRange(of: Array("required SSL certificate".utf8)) != nil }
            ?? false
        let json = body.flatMap { try? JSONParser.parse($0, file: "answer", limits: Self.limits) }
        let errors = (json?["errors"]?.array ?? []).prefix(Self.shown)
        codes = errors.compactMap { $0["code"]?.string }.filter(Self.isCode)
        var words: [String] = []
        for error in errors {
            // The distribution-spec allows any JSON as `detail`; Docker's registry writes objects, others texts.
            let detail = error["detail"].flatMap { $0.string ?? ($0 == .null ? nil : $0.compactText) }
            for text in [error["message"]?.string, detail].compactMap({ $0 }) where !text.isEmpty && text != "{}" {
                guard !secrets.contains(where: text.contains), !Self.quotesAuthorization(text) else { continue }
                let shown = text.escapedForDisplay(limit: Self.longest)
                if !words.contains(where: { $0.contains(shown) }) { words.append(shown) }
            }
        }
        self.words = words
    }

    /// True when the words of a proxy say that a client certificate is missing: nginx lets the handshake pass without one.
    let requiresClientCertificate: Bool

    /// True when the registry says nothing apart from the status.
    var isSilent: Bool { codes.isEmpty && words.isEmpty }

    /// True when the registry names one of these codes.
    func has(_ codes: String...) -> Bool { codes.contains(where: self.codes.contains) }

    /// True when the words say that a type of a config or an artifact is not accepted.
    var isAboutMediaType: Bool {
        words.contains { text in
            let text = text.lowercased()
            return text.contains("media type") || text.contains("mediatype") || text.contains("artifacttype")
        }
    }

    /// Status, codes and words for a message: `400 MANIFEST_INVALID: manifest invalid (unknown media type: a/b)`.
    var summary: String {
        let head = codes.isEmpty ? "\(status)" : "\(status) \(codes.joined(separator: ", "))"
        guard let first = words.first else { return head }
        let rest = words.dropFirst().joined(separator: "; ")
        return "\(head): \(first)" + (rest.isEmpty ? "" : " (\(rest))")
    }

    private static func isCode(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 40
            && text.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "_") }
    }

    private static func quotesAuthorization(_ text: String) -> Bool {
        let words = text.lowercased()
        return words.contains("bearer ey") || words.contains("basic ")
    }
}
