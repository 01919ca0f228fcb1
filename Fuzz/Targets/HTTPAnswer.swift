import HTTPMessages

@testable import HTTPClient

extension FuzzTarget {
    /// The head of a response, line by line: an accepted head has one length and valid fields.
    static let httpAnswer = FuzzTarget(name: "http-answer") { bytes throws(Finding) in
        var reader = HeadReader()
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: 0x0A).map { $0 + 1 } ?? rest.endIndex
            do throws(HTTPFailure) {
                try reader.take(Array(rest[..<end]))
            } catch {
                return
            }
            rest = rest[end...]
        }
        guard reader.isComplete else { return }
        try Finding.unless((200...999).contains(reader.status), "status \(reader.status)")
        for (name, value) in reader.headers.fields.map({ ($0.name, $0.value) }) {
            let isToken = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
            try Finding.unless(isToken && !name.isEmpty, "a field named \(name.debugDescription)")
            // A tab is the only valid control character in a value.
            let isText = value.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
            try Finding.unless(isText, "\(name): \(value.debugDescription)")
        }
        let lengths = Set(reader.headers["Content-Length"])
        let encodings = reader.headers["Transfer-Encoding"]
        try Finding.unless(lengths.count + encodings.count <= 1, "two lengths")
        if let length = lengths.first { try Finding.unless(Int64(length).map { $0 >= 0 } == true, "length \(length)") }
    }
}
