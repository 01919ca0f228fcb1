/// Something that goes wrong with a request to a fake registry.
package struct Fault: Sendable {
    /// What goes wrong.
    package enum Action: Sendable {
        /// The request is ignored; this is the answer.
        case answer(ScriptedResponse)
        /// The request is ignored when there is an answer for it.
        case decide(@Sendable (ReceivedRequest) -> ScriptedResponse?)
        /// The connection is cut after so many bytes of the request's body. The bytes before that are kept, as in a registry.
        case cutRequest(after: Int)
        /// The request takes effect, and the answer is lost.
        case loseAnswer
        /// The request takes effect, and the answer is altered on the way.
        case change(@Sendable (inout ScriptedResponse) -> Void)
        /// Something else happens first.
        case first(@Sendable (FakeRegistry) -> Void)
    }

    let method: String?
    let path: String
    let skipping: Int
    let times: Int
    let action: Action

    /// A fault of the requests with this method whose target contains `path`: after `skipping` good ones, `times` times.
    /// Of several faults that match, the first that is not used up applies, and only that one counts the request.
    package init(_ method: String?, _ path: String, skipping: Int = 0, times: Int = 1, _ action: Action) {
        self.method = method
        self.path = path
        self.skipping = skipping
        self.times = times
        self.action = action
    }

    func matches(_ request: ReceivedRequest) -> Bool {
        (method == nil || method == request.method) && request.target.contains(path)
    }

    var cutsRequest: Bool {
        if case .cutRequest = action { return true }
        return false
    }
}
