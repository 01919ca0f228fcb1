internal import CapsuleCore
internal import OCI
internal import Support

/// A kustomize that was built without a version, as Debian's package is: it prints `(devel)`.
///
/// Such a program shows that it is new enough by rendering a file with a field that version 5.0 added. Records name it by the
/// digest of its file, because nothing else tells one build from another.
enum UnversionedKustomize {
    /// True when `output`, of `kustomize version`, is that of such a program.
    static func printed(_ output: [UInt8]) -> Bool { String(decoding: output, as: UTF8.self).contains("(devel)") }

    /// A directory that version 5.0 and later can build: older ones refuse `sortOptions`.
    static func probe() throws -> [PackageFile] {
        try [
            ("kustomization.yaml", "resources: [object.yaml]\nsortOptions: {order: fifo}\n"),
            ("object.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: probe\n"),
        ].map { PackageFile(path: try RelativePath($0), content: Array($1.utf8)) }
    }

    /// True when `output` is the object of the probe.
    static func isRendered(_ output: [UInt8]) -> Bool {
        String(decoding: output, as: UTF8.self).contains("name: probe\n")
    }

    /// `devel (sha256:0123456789ab)`
    static func version(ofProgramAt path: String) throws(SystemError) -> String {
        let descriptor = try SystemCall.open(path, .readOnly)
        defer { SystemCall.close(descriptor) }
        var hasher = Digest.Hasher(.sha256)
        while true {
            let bytes = try SystemCall.read(descriptor, count: 256 << 10)
            if bytes.isEmpty { break }
            hasher.update(bytes)
        }
        return "devel (sha256:\(hasher.finalize().short))"
    }
}
