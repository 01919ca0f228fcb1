/// The method of a request.
///
/// [RFC 9110, section 9](https://www.rfc-editor.org/rfc/rfc9110#section-9)
package struct HTTPMethod: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The method as sent. Methods are case-sensitive.
    package let rawValue: String

    /// A method by its name.
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Reads a resource.
    package static let GET = HTTPMethod(rawValue: "GET")
    /// Reads the header fields that `GET` would return.
    package static let HEAD = HTTPMethod(rawValue: "HEAD")
    /// Submits content to a resource.
    package static let POST = HTTPMethod(rawValue: "POST")
    /// Stores content as a resource.
    package static let PUT = HTTPMethod(rawValue: "PUT")
    /// Changes a part of a resource.
    package static let PATCH = HTTPMethod(rawValue: "PATCH")
    /// Removes a resource.
    package static let DELETE = HTTPMethod(rawValue: "DELETE")

    /// The method as sent.
    package var description: String { rawValue }
}
