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

    /// The format of an id; nil for text that is not a full id.
    init?(ofID id: String) {
        guard id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
        switch id.utf8.count {
        case 40: self = .sha1
        case 64: self = .sha256
        default: return nil
        }
    }

    /// The blob id that Git gives a file's content.
    package func blobID(_ content: some Collection<UInt8>) -> String { objectID("blob", content) }

    /// The id that Git gives an object.
    ///
    /// - Parameter type: `blob`, `tree`, `commit` or `tag`.
    func objectID(_ type: String, _ content: some Collection<UInt8>) -> String {
        var hash = HashFunction(self == .sha1 ? .sha1 : .sha256)
        hash.update(Array("\(type) \(content.count)\0".utf8))
        let lent: Void? = content.withContiguousStorageIfAvailable {
            hash.update(UnsafeRawBufferPointer($0).bytes)
        }
        if lent == nil { hash.update(Array(content)) }
        return lowercaseHex(hash.finalize())
    }
}
