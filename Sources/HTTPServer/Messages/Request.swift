package import HTTPMessages

/// A request. Its parts are decoded on access, so that a response which depends on the path alone decodes nothing else.
package struct Request: Sendable {
    private let head: RequestHead
    private let received: ContinuousClock.Instant
    /// The address of the client, or of the last proxy.
    package let client: String
    /// The body, without the framing; empty until it is complete.
    package internal(set) var body: [UInt8] = []

    init(_ head: RequestHead, from client: String, received: ContinuousClock.Instant) {
        self.head = head
        self.client = client
        self.received = received
    }

    /// The time since the head was complete.
    package var age: Duration { received.duration(to: .now) }

    /// The method.
    package var method: HTTPMethod {
        if head.isEqual(head.method, "GET") { return .GET }
        if head.isEqual(head.method, "POST") { return .POST }
        if head.isEqual(head.method, "HEAD") { return .HEAD }
        return HTTPMethod(rawValue: head.text(head.method))
    }

    /// The path and the query, not decoded: it begins with a slash, or is `*`.
    package var target: String { head.text(head.target) }

    /// The target up to the query, not decoded.
    package var path: String {
        let bytes = head.bytes[head.target.range]
        return String(decoding: bytes.prefix { $0 != 0x3F }, as: UTF8.self)
    }

    /// The header fields in their order.
    package var headers: HTTPHeaders { HTTPHeaders(head.fields.map { (head.text($0.name), head.text($0.value)) }) }

    /// The values of every field with this name, in order.
    ///
    /// - Parameter name: in lowercase.
    package func values(of name: StaticString) -> [String] {
        let bytes = head.bytes.span
        var values: [String] = []
        for field in head.fields where bytes.isName(field.name.range, name) { values.append(head.text(field.value)) }
        return values
    }

    /// The value of the first field with this name; nil when it is missing.
    ///
    /// - Parameter name: in lowercase.
    package func value(of name: StaticString) -> String? {
        let bytes = head.bytes.span
        for field in head.fields where bytes.isName(field.name.range, name) { return head.text(field.value) }
        return nil
    }
}
