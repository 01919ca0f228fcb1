internal import HTTPMessages

/// Writes responses as bytes.
///
/// [RFC 9112, section 4](https://www.rfc-editor.org/rfc/rfc9112#section-4)
struct ResponseWriter {
    /// The state of the connection after a response.
    enum Connection {
        case stays
        /// The connection stays open, which the response must tell a client of HTTP/1.0.
        case isKept
        case ends
    }

    /// The interim response to a client that waits with its body.
    static let continueResponse = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// The interim response to a client that closed its sending side while it waits: RFC 2518, section 10.1. Clients ignore
    /// interim responses that they do not know: RFC 9110, section 15.2.
    static let processingResponse = Array("HTTP/1.1 102 Processing\r\n\r\n".utf8)

    private var date: (second: Int64, text: String) = (-1, "")

    /// Appends a response to `output`.
    ///
    /// - Parameters:
    ///   - hasBody: false in response to `HEAD`.
    ///   - second: the time, in seconds since 1970.
    mutating func write(
        _ response: Response, hasBody: Bool, connection: Connection, second: Int64, to output: inout [UInt8]
    ) {
        if second != date.second { date = (second, HTTPDate.text(second)) }
        let isBodiless = response.status == 204 || response.status == 304
        let size = output.count + 512 + response.body.count
        // At least twice the present size: an exact size would copy all of the output for each further response.
        if size > output.capacity { output.reserveCapacity(max(size, 2 * output.count)) }
        output += "HTTP/1.1 ".utf8
        Self.write(response.status, to: &output)
        output.append(0x20)
        output += Self.phrase(response.status).utf8
        output += "\r\n".utf8
        for field in response.headers.fields {
            output += field.name.utf8
            output += ": ".utf8
            for byte in field.value.utf8 { output.append(byte >= 0x20 && byte != 0x7F ? byte : 0x20) }
            output += "\r\n".utf8
        }
        if !isBodiless {
            output += "Content-Length: ".utf8
            Self.write(response.body.count, to: &output)
            output += "\r\n".utf8
        }
        output += "Date: ".utf8
        output += date.text.utf8
        switch connection {
        case .stays: output += "\r\n\r\n".utf8
        case .isKept: output += "\r\nConnection: keep-alive\r\n\r\n".utf8
        case .ends: output += "\r\nConnection: close\r\n\r\n".utf8
        }
        if hasBody, !isBodiless { output += response.body }
    }

    private static func write(_ number: Int, to output: inout [UInt8]) {
        var rest = number
        let start = output.count
        repeat {
            output.append(UInt8(truncatingIfNeeded: 0x30 + rest % 10))
            rest /= 10
        } while rest > 0
        output[start...].reverse()
    }

    private static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}
