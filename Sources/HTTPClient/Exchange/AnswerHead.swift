internal import HTTPMessages

/// The head of an answer.
struct AnswerHead: Sendable {
    let status: Int
    let headers: HTTPHeaders
    /// Whether the answer came before the whole request was sent, and means that the rest need not be.
    var isRefusal: Bool { status >= 300 }
}
