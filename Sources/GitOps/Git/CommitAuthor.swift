package import CapsuleCore
internal import OCI
internal import Support

/// The author of commits on stage branches.
package struct CommitAuthor: Hashable, Sendable, CustomStringConvertible {
    /// The author when the configuration names none.
    package static let standard = CommitAuthor(
        knownName: "Release Capsule", email: "release-capsule@users.noreply.invalid")

    /// The name.
    package let name: String
    /// The mail address.
    package let email: String

    private init(knownName: String, email: String) {
        self.name = knownName
        self.email = email
    }

    /// Checks that name and address fit into a commit's header: one line, no angle brackets.
    ///
    /// - Throws: `CapsuleError.Code.invalidName`
    package init(name: String, email: String) throws(CapsuleError) {
        for text in [name, email] {
            let valid =
                !text.isEmpty && text.utf8.count <= 200
                && text.unicodeScalars.allSatisfy {
                    $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0 != "<" && $0 != ">"
                }
            guard valid, text.first != " ", text.last != " " else {
                throw CapsuleError(
                    .invalidName,
                    "\(quoted(text)) cannot be a commit's author; use one line without angle brackets")
            }
        }
        self.name = name
        self.email = email
    }

    /// `Name <address>`.
    package var description: String { "\(name) <\(email)>" }
}
