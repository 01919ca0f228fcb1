public import OCI
internal import Support

/// A full Git commit id: 40 lowercase hex digits (SHA-1) or 64 (SHA-256).
public struct CommitID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    /// The hex digits.
    public let description: String

    /// Parses a commit id; the whole string must match.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    public init(_ string: String) throws(CapsuleError) {
        let hex = string.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
        guard hex, string.utf8.count == 40 || string.utf8.count == 64 else {
            throw CapsuleError(
                .invalidName,
                "\(quoted(string)) is not a full commit id; write all 40 (or 64) lowercase hex digits, as "
                    + "`git rev-parse HEAD` prints them")
        }
        description = string
    }

    /// The first twelve digits, for display.
    public var short: String { String(description.prefix(12)) }

    /// Orders by text.
    public static func < (left: CommitID, right: CommitID) -> Bool { left.description < right.description }

    /// Decodes the text form.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The identity of a release: `git-` and the full commit id. It is the tag of image and capsule.
public struct ReleaseIdentity: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The commit that the release was built from.
    public let commit: CommitID

    /// The identity of the release that is built from `commit`.
    public init(commit: CommitID) { self.commit = commit }

    /// Parses `git-<commit id>`; the whole string must match.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    public init(_ string: String) throws(CapsuleError) {
        guard string.hasPrefix("git-"), let commit = try? CommitID(String(string.dropFirst(4))) else {
            throw CapsuleError(
                .invalidName,
                "\(quoted(string)) is not a release identity; write git- and the full 40 (or 64) digit commit id")
        }
        self.commit = commit
    }

    /// `git-<commit id>`.
    public var description: String { "git-\(commit)" }

    /// The identity as an OCI tag.
    public var tag: Tag {
        guard let tag = try? Tag(description) else { preconditionFailure("git-<hex> follows the tag grammar") }
        return tag
    }

    /// Decodes the text form.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
