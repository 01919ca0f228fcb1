internal import Documents
public import OCI
internal import Support

/// One capsule for people: what `capsule inspect` shows. It says what the capsule claims; `verify` says what holds.
public struct CapsuleInspection: Codable, Sendable {
    /// The version of this JSON.
    public var schemaVersion = ReleaseManifest.currentSchema
    /// Where it is: place, tag and digest.
    public let capsule: String
    /// The capsule's digest.
    public let digest: Digest
    /// The size of the layer in bytes.
    public let layerSize: Int64
    /// The commit's time, RFC 3339.
    public let created: String?
    /// What `release.yaml` says.
    public let release: ReleaseManifest
    /// Every file.
    public let files: [CapsuleContents.File]
    /// What kind of SBOM it carries, such as `SPDX-2.3`; nil without one.
    public let sbom: String?
    /// Who built it, as the provenance says; nil without provenance.
    public let builder: String?

    /// Looks at a capsule.
    ///
    /// - Throws: `CapsuleError` when it cannot be unpacked or read.
    public init(_ capsule: Capsule) throws(CapsuleError) {
        let contents = try CapsuleContents(capsule)
        self.capsule = capsule.location.description
        digest = capsule.digest
        layerSize = capsule.shape.layer.size
        created = capsule.annotations[CapsuleFormat.Annotation.created]
        release = contents.release
        files = contents.files
        sbom = contents.sbom.map { bytes in
            let document = try? JSONParser.parse(bytes, file: CapsuleFormat.sbomPath)
            let version = document?["specVersion"]?.string.map { "CycloneDX-\($0)" }
            return document?["spdxVersion"]?.string ?? version ?? "unknown"
        }
        builder = contents.provenance.map { bytes in
            let predicate = (try? JSONParser.parse(bytes, file: CapsuleFormat.provenancePath))?["predicate"]
            return (predicate?["runDetails"]?["builder"] ?? predicate?["builder"])?["id"]?.string ?? "unknown"
        }
    }

    /// The text that `capsule inspect` prints.
    public func text() -> String {
        var rows: [(String, String)] = [("release", release.identity.description), ("capsule", capsule)]
        if let created { rows.append(("created", created)) }
        if let source = release.source {
            rows.append(("source", source.repository + (source.path.map { ", \($0)" } ?? "")))
        }
        rows.append(("image", release.image.reference))
        for image in release.images ?? [] { rows.append(("", "\(image.name ?? "") = \(image.reference)")) }
        let package = release.package
        let packageFiles = files.filter { $0.path.hasPrefix(package.path.description + "/") }
        let size = packageFiles.reduce(0) { $0 + $1.size }
        rows.append(
            (
                "package",
                "\(package.kind.rawValue)" + (package.entry.map { ", entry \($0)" } ?? "")
                    + (package.imageName.map { ", image name \($0)" } ?? "")
                    + ", \(packageFiles.count) files, \(ByteCount.text(size))"
            ))
        if let digest = package.digest { rows.append(("", digest.description)) }
        rows.append(("sbom", sbom ?? "none"))
        rows.append(("provenance", builder.map { "built by \($0)" } ?? "none"))
        rows.append(("layer", "\(files.count) files, \(ByteCount.text(layerSize)) compressed"))
        var out = rows.map { key, value in
            key.padded(to: 12) + value.escapedForDisplay() + "\n"
        }.joined()
        let sizes = files.map { String($0.size) }
        let width = sizes.map(\.utf8.count).max() ?? 0
        for (file, size) in zip(files, sizes) {
            let space = String(repeating: " ", count: width - size.utf8.count)
            out += "\n  \(file.digest.short)  \(space)\(size)  \(file.path.escapedForDisplay())"
        }
        return out + "\n"
    }
}

extension ReleaseManifest.Image {
    /// `repository:tag@digest`.
    package var reference: String { "\(repoURL):\(tag)" + (digest.map { "@\($0)" } ?? "") }
}

extension String {
    package func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

/// Sizes for people.
package enum ByteCount {
    /// `812 B`, `1.5 KiB`, `32.0 MiB`.
    package static func text(_ bytes: Int64) -> String {
        if bytes < 1024 { return "\(bytes) B" }
        let (unit, name): (Int64, String) = bytes < 1 << 20 ? (1 << 10, "KiB") : (1 << 20, "MiB")
        let tenths = (bytes * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10) \(name)"
    }
}
