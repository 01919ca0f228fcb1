internal import Documents
internal import Support

/// The cluster that a chart is rendered for: what Helm would otherwise read from the cluster, `.Capabilities`.
package struct KubernetesTarget: Hashable, Sendable, Codable {
    /// The version, such as `1.33` or `v1.33.2`; nil for the version that Helm was compiled with.
    package let version: String?
    /// The API versions that the cluster has in addition to Helm's own list: `monitoring.coreos.com/v1`, with or without
    /// `/ServiceMonitor`.
    package let apis: [String]?

    /// Reads `kubernetes` in `deployment.yaml`.
    ///
    /// - Throws: `DocumentError`
    init(_ object: StrictObject) throws(DocumentError) {
        version = try object.parsed("version") { text in
            guard Self.isVersion(text) else {
                throw DocumentError(
                    .invalidDocument, "\(quoted(text)) is not a version of Kubernetes; write one such as \"1.33\"")
            }
            return text
        }
        apis = try object.parsedList("apis") { text in
            guard Self.isAPI(text) else {
                throw DocumentError(
                    .invalidDocument,
                    "\(quoted(text)) is not an API version; write group/version or group/version/Kind, such as "
                        + "monitoring.coreos.com/v1/ServiceMonitor")
            }
            return text
        }
    }

    private static func isVersion(_ text: String) -> Bool {
        let numbers = (text.hasPrefix("v") ? text.dropFirst() : text[...])
            .split(separator: ".", omittingEmptySubsequences: false)
        guard (2...3).contains(numbers.count) else { return false }
        return numbers.allSatisfy { number in
            (1...4).contains(number.utf8.count)
                && number.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                && (number == "0" || number.first != "0")
        }
    }

    private static func isAPI(_ text: String) -> Bool {
        let segments = text.split(separator: "/", omittingEmptySubsequences: false)
        return (1...3).contains(segments.count) && text.utf8.count <= 255
            && segments.allSatisfy { segment in
                guard let first = segment.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: ".") else {
                    return false
                }
                return segment.unicodeScalars.allSatisfy {
                    $0.isASCII && ($0.properties.isAlphabetic || "0123456789.-".unicodeScalars.contains($0))
                }
            }
    }
}
