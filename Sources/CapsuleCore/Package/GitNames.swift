internal import Support

/// Finds names that some file system treats as `.git`, Git's own directory.
///
/// Git does not check out such names, but a tree or another program's archive can contain them. In an unpacked package
/// they would be a repository whose configuration and hooks are executed there. `docs/security.md`, G2.
enum GitNames {
    static func check(_ paths: [RelativePath]) -> [Finding] {
        var seen: Set<String> = []
        return paths.compactMap { path in
            guard mayBeFound(in: path.description) else { return nil }
            let segments = path.segments
            guard let index = segments.firstIndex(where: { isGit($0) }) else { return nil }
            let path = segments[...index].joined(separator: "/")
            guard seen.insert(path).inserted else { return nil }
            return Finding(
                rule: "package.git-directory", file: path,
                message: "Git takes this name for a repository's own directory, on this file system or another",
                remedy: "leave it out of the package")
        }
    }

    /// False when no segment of a path starts as a name that ``isGit(_:)`` finds: with a dot, a `g`, or a character that is not
    /// ASCII. This is so for most paths, and costs one look at each byte.
    private static func mayBeFound(in path: String) -> Bool {
        var previous = UInt8(ascii: "/")
        for byte in path.utf8 {
            let isFirst = previous == UInt8(ascii: "/")
            if isFirst, byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "g") || byte >= 0x80 { return true }
            previous = byte
        }
        return false
    }

    /// True when a name is `.git` to a file system: HFS+ ignores some invisible characters, NTFS ignores the case, dots and
    /// spaces at the end and the name of a stream, and has a short name for it.
    static func isGit(_ name: Substring) -> Bool {
        let visible = String(String.UnicodeScalarView(name.unicodeScalars.filter { !isIgnored($0) }))
        var base = visible.lowercased().prefix { $0 != ":" }
        while base.last == "." || base.last == " " { base.removeLast() }
        return base == ".git" || base == "git~1"
    }

    // True for the characters that HFS+ ignores when it compares names.
    private static func isIgnored(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200C...0x200F, 0x202A...0x202E, 0x206A...0x206F, 0xFEFF: true
        default: false
        }
    }
}
