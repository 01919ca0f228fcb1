package import CapsuleCore
internal import OCI

extension CapsuleInspection {
    /// The inspection as text.
    package func text() -> String {
        let isPair = form == .pair
        var rows: [(String, String)] = [
            ("release", release.identity.description), (isPair ? "pair" : "capsule", capsule),
        ]
        if isPair {
            rows.append(
                (
                    "record",
                    "the witness in the GitOps repository; below is what the package says, which `verify` compares"
                ))
        }
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
        var out = ReportLines()
        out.add(rows.map { key, value in key.padded(to: 12) + value })
        out.add("")
        let sizes = files.map { String($0.size) }
        let width = sizes.map(\.utf8.count).max() ?? 0
        for (file, size) in zip(files, sizes) {
            let space = String(repeating: " ", count: width - size.utf8.count)
            out.add("  \(file.digest.short)  \(space)\(size)  \(file.path)")
        }
        return out.text
    }
}
