internal import CapsuleCore
internal import Documents

/// The identity of an object, by which the two sides are compared.
struct ObjectKey: Hashable, Comparable {
    let group: String
    let kind: String
    let namespace: String
    let name: String
    /// The file, for a second object with the same name and for a file that is not one object; the number of a hook among
    /// those with the same `generateName`; otherwise empty.
    let file: String

    static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        (left.kind, left.group, left.namespace, left.name, left.file)
            < (right.kind, right.group, right.namespace, right.name, right.file)
    }
}

/// The objects of a set of files by their identity. A file that is not one object is compared as text.
struct ObjectIndex {
    struct Entry {
        let file: RelativePath
        let content: [UInt8]
        let header: ObjectHeader?
        let node: YAMLNode
    }

    private(set) var entries: [ObjectKey: Entry] = [:]

    init(_ files: [PackageFile]) {
        // The files of hooks have a number at their end, so a shorter name comes first.
        func comesFirst(_ left: PackageFile, _ right: PackageFile) -> Bool {
            let lengths = (left.path.description.utf8.count, right.path.description.utf8.count)
            return lengths.0 == lengths.1 ? left.path < right.path : lengths.0 < lengths.1
        }
        for file in files.sorted(by: comesFirst) { add(file) }
    }

    private mutating func add(_ file: PackageFile) {
        let name = file.path.description
        let documents = try? YAMLParser.documents(file.content, file: name)
        if let node = documents?.first, documents?.count == 1, case .success(let header) = ObjectHeader.read(node) {
            let entry = Entry(file: file.path, content: file.content, header: header, node: node)
            func key(_ number: Int) -> ObjectKey {
                ObjectKey(
                    group: header.group, kind: header.kind, namespace: header.namespace ?? "",
                    name: header.generateName ?? header.name, file: header.generateName == nil ? "" : "#\(number)")
            }
            var number = 1
            while header.generateName != nil, entries[key(number)] != nil { number += 1 }
            let key = key(number)
            if entries[key] == nil {
                entries[key] = entry
                return
            }
        }
        let node = YAMLNode(.scalar(String(decoding: file.content, as: UTF8.self), plain: false), line: 1)
        entries[ObjectKey(group: "", kind: "", namespace: "", name: "", file: name)] = Entry(
            file: file.path, content: file.content, header: nil, node: node)
    }
}
