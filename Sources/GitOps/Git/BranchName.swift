package import CapsuleCore
internal import OCI
internal import Support

/// A branch name that is safe to pass to Git: a name that `git check-ref-format --branch` accepts, and never an option,
/// a full commit id or the name of a reference (`refs/…`).
package struct BranchName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The maximum length of a name: the limit of a file system for one name, because loose refs are files.
    package static let maximumLength = 244
    /// `main`.
    package static let main = BranchName(known: "main")

    /// The name, without `refs/heads/`.
    package let description: String

    private init(known: String) { description = known }

    /// Parses a branch name.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    package init(_ string: String) throws(CapsuleError) {
        let segments = string.split(separator: "/", omittingEmptySubsequences: false)
        let valid =
            string.utf8.count <= Self.maximumLength && !string.hasPrefix("-") && string != "@" && string != "HEAD"
            && !string.hasSuffix(".") && !string.contains("..") && !string.contains("@{")
            && string.unicodeScalars.allSatisfy {
                $0.value > 0x20 && !(0x7F...0x9F).contains($0.value) && !"~^:?*[\\".unicodeScalars.contains($0)
            }
            && segments.first != "refs" && (try? CommitID(string.lowercased())) == nil
            && segments.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasPrefix("-") && !$0.hasSuffix(".lock") }
        guard valid else {
            throw CapsuleError(.invalidName, "\(quoted(string)) is not a branch name")
        }
        description = string
    }

    /// `refs/heads/<name>`.
    package var reference: String { "refs/heads/\(description)" }

    /// Orders names by their bytes.
    package static func < (left: BranchName, right: BranchName) -> Bool {
        left.description.precedesByBytes(right.description)
    }
}
