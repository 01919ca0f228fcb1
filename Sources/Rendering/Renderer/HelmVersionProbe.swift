internal import CapsuleCore
internal import Cryptography
internal import Support

/// A template that prints the version of Helm, for the renders of a chart.
///
/// Helm takes as long to print its version as to render an ordinary chart, so a process of its own would make a render half
/// as long again. Both renders of a chart have the probe, so that they can read the same files; its document is taken out of
/// their outputs.
///
/// The templates of a chart share their variables, and one could replace the version for those that are executed after it.
/// Helm executes the template with the longest path first, so the path of the probe is longer than any other. Its name is
/// random: a chart cannot print a document that looks like the one of the probe.
struct HelmVersionProbe: Sendable {
    private let name = "capsule-version-\(lowercaseHex(SecureRandom.bytes(16)))"
    private let directory: String

    /// A probe for a chart.
    init(_ chart: PackageTree) {
        // Helm counts the segments of a path, of which the packed charts may have more.
        let depth = chart.filesWithPackedCharts.map(\.path.segments.count).max() ?? 1
        directory = "package/helm/templates/\(name)" + String(repeating: "/v", count: depth)
    }

    /// The run with the probe.
    func added(to invocation: Invocation) throws -> Invocation {
        let text = """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: \(name)}
            data: {version: {{ .Capabilities.HelmVersion.Version | quote }}}

            """
        var other = invocation
        other.written.append(
            PackageFile(path: try RelativePath("\(directory)/\(name).yaml"), content: Array(text.utf8)))
        return other
    }

    /// Takes the document of the probe out of an output. The version is nil when the output has no such document, for
    /// example because the chart has a `.helmignore`.
    func taken(from output: [UInt8]) -> (output: [UInt8], version: RendererVersion?) {
        let (separator, ending) = (Array("---\n# Source: ".utf8), Array("/\(name).yaml\n".utf8))
        guard let mark = ByteSearch.first(ending, in: output) else { return (output, nil) }
        let line = output[..<mark].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let (start, content) = (line - 4, mark + ending.count)
        guard start >= 0, output[start...].starts(with: separator) else { return (output, nil) }
        let end = ByteSearch.first(separator, in: output, from: content) ?? output.count
        let document = output[content..<end]
        let label = Array("data: {version: ".utf8)
        guard let value = document.firstRange(of: label) else { return (output, nil) }
        let version = RendererVersion(in: String(decoding: document[value.upperBound...], as: UTF8.self))
        return (Array(output[..<start] + output[end...]), version)
    }
}
