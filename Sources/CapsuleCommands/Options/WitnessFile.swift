internal import CapsuleCore
internal import OCI
internal import ReleaseWorkflows
internal import Support

/// The file that `build --witness` writes.
enum WitnessFile {
    /// Writes the witness to a file, which must not exist with other content.
    static func writing(to path: String) -> ReleasePublishing.Witnessing {
        { release in
            let content = Array(release.yaml().utf8)
            // Building again gives the same witness.
            if (try? SmallFile.read(path, limit: content.count)) != content {
                try NewFile.write(content, to: path)
            }
            return WitnessPublishing.Report(.written, path: path, digest: .sha256(of: content))
        }
    }
}
