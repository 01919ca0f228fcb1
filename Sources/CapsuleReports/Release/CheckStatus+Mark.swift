internal import CapsuleTrust

extension CheckStatus {
    /// The mark of a check.
    var mark: ReportMark {
        switch self {
        case .pass: .ok
        case .fail: .failed
        case .skipped: .skipped
        }
    }
}
