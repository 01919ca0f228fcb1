internal import CapsuleCore
internal import GitOps
internal import OCI
internal import Rendering
internal import Support

/// The name of a stage in a request.
enum StageName {
    @Sendable static func parse(_ text: String) throws(CapsuleError) -> String {
        guard isDNSLabel(text) else {
            throw CapsuleError(
                .invalidName,
                "\(quoted(text.prefix(100))) cannot name a stage; use 1 to 63 lowercase letters, digits and inner dashes"
            )
        }
        return text
    }
}
