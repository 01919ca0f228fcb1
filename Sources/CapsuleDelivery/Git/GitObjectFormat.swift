internal import CapsuleCore
internal import Crypto
internal import OCI

/// The hash that names a repository's objects.
enum GitObjectFormat: String, Sendable {
    case sha1, sha256

    /// The format of a repository in which `commit` is a commit.
    init(of commit: CommitID) { self = commit.description.utf8.count == 64 ? .sha256 : .sha1 }

    /// The id of no object.
    var null: String { String(repeating: "0", count: self == .sha1 ? 40 : 64) }

    /// The id that Git gives a file's content.
    func blobID(_ content: some Sequence<UInt8> & Collection) -> String {
        let header = Array("blob \(content.count)\0".utf8)
        switch self {
        case .sha1:
            var hash = Insecure.SHA1()
            hash.update(data: header)
            Self.update(&hash, content)
            return lowercaseHex(hash.finalize())
        case .sha256:
            var hash = SHA256()
            hash.update(data: header)
            Self.update(&hash, content)
            return lowercaseHex(hash.finalize())
        }
    }

    private static func update(_ hash: inout some HashFunction, _ content: some Sequence<UInt8>) {
        let done: Void? = content.withContiguousStorageIfAvailable {
            hash.update(bufferPointer: UnsafeRawBufferPointer($0))
        }
        if done == nil { hash.update(data: Array(content)) }
    }
}
