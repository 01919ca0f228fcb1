internal import CapsuleCore
internal import Documents
internal import Promotion
internal import Support

extension StrictObject {
    /// Reads the body of a request, which must be one object with no other keys than `keys`.
    ///
    /// Null is the same as a missing key, as documented in `openapi.json`: Kargo and other clients encode an optional
    /// value that is not set as null. No rule of a policy depends on the keys that may be null.
    init(body: [UInt8], keys: [String]) throws(DocumentError) {
        // The depth of a request is four.
        let limits = JSONLimits(bytes: 1 << 20, depth: 16, values: 1_000)
        let file = "the body"
        try self.init(
            JSONParser.parse(body, file: file, limits: limits), file: file, keys: keys, nulls: .sameAsMissing)
    }

    /// The value of `rollback`: true, false, or "held", which allows only releases that the stage held before.
    func rollback() throws(DocumentError) -> Rollback {
        do throws(DocumentError) {
            return Rollback(try bool("rollback") ?? false)
        } catch {
            guard let text = try? text("rollback"), text == Rollback.held.rawValue else {
                throw invalid(key: "rollback", "must be true, false or \(quoted(Rollback.held.rawValue))")
            }
            return .held
        }
    }

    /// The object `gitops`: a remote, and the commit whose policy applies.
    func gitops() throws(DocumentError) -> (repository: String, commit: CommitID) {
        let gitops = try requiredObject("gitops", keys: ["repository", "commit"])
        return (try gitops.requiredText("repository"), try gitops.requiredParsed("commit") { try CommitID($0) })
    }
}
