package import CapsuleCore
internal import Cryptography
internal import Support

/// The hash function of a repository's object ids.
package enum GitObjectFormat: String, Sendable {
    case sha1, sha256

    /// The format of a repository in which `commit` is a commit.
    package init(of commit: CommitID) { self = commit.description.utf8.count == 64 ? .sha256 : .sha1 }

    /// The length of an id in bytes.
    var byteCount: Int { self == .sha1 ? 20 : 32 }

    /// The null id, which names no object.
    var null: String { String(repeating: "0", count: 2 * byteCount) }

    /// The blob id that Git gives a file's content.
    package func blobID(_ content: some Sequence<UInt8> & Collection) -> String {
        var hash = HashFunction(self == .sha1 ? .sha1 : .sha256)
        hash.update(Array("blob \(content.count)\0".utf8))
        let lent: Void? = content.withContiguousStorageIfAvailable {
            hash.update(UnsafeRawBufferPointer($0).bytes)
        }
        if lent == nil { hash.update(Array(content)) }
        return lowercaseHex(hash.finalize())
    }
}
