internal import CapsuleCore
internal import Promotion
package import ReleaseWorkflows

extension WitnessPublishing.Report {
    /// The outcome in one line: where the witness is, and what is left to do.
    package func text() -> String {
        switch outcome {
        case .committed: "the witness \(path) is committed" + (commit.map { " as \($0.short)" } ?? "")
        case .present: "the witness \(path) was committed before"
        case .written: "the witness is in \(path); commit it to the GitOps repository"
        case .review:
            review.map { review in
                "the witness \(path) waits for review: merge \(review.head) into \(review.base)"
                    + (review.url.map { " (\($0))" } ?? "")
            } ?? "the witness \(path) waits for review"
        }
    }
}
