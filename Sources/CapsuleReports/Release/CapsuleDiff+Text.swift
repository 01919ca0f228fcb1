package import CapsuleCore
internal import Support

extension CapsuleDiff {
    /// The difference as text.
    package func text() -> String {
        guard !isEmpty else { return "no difference: both are \(from.digest)\n" }
        var out = ReportLines()
        out.add(["release  \(from.release) -> \(to.release)", "capsule  \(from.digest) -> \(to.digest)"])
        if from.created != to.created {
            out.add("created  \(from.created ?? "unknown") -> \(to.created ?? "unknown")")
        }
        for field in fields { out.add(lines(field)) }
        out.add(["", "images: \(images.isEmpty ? "no difference" : count(images.count, "differs", "differ"))"])
        for image in images { out.add(lines(image)) }
        out.add(["", "package: \(summary(files))"] + files.map { "  \(mark($0)) \($0.path)" })
        if !metadata.isEmpty {
            out.add(["", "metadata: \(summary(metadata))"] + metadata.map { "  \(mark($0)) \($0.path)" })
        }
        for file in files {
            out.add("")
            switch file.diff {
            case nil: out.add("\(file.path): not shown, it is not text or very large")
            case "": out.add("\(file.path): an empty file")
            case let diff?: out.add(file: diff)
            }
        }
        return out.text
    }

    /// The difference as Markdown.
    ///
    /// - Parameter limit: the maximum number of characters that files add. GitHub accepts 65,536 in total; the rest is
    ///   for the other text of the pull request.
    package func markdown(limit: Int = 48_000) -> String {
        guard !isEmpty else { return "No difference: both are `\(from.digest)`.\n" }
        var out = "| | from | to |\n| --- | --- | --- |\n"
        out += "| release | `\(from.release)` | `\(to.release)` |\n"
        out += "| capsule | `\(from.digest)` | `\(to.digest)` |\n"
        if from.created != to.created {
            out +=
                "| created | \(time(from.created)) | \(time(to.created)) |\n"
        }
        for field in images + fields where field.field != "gitCommit" {
            out +=
                "| \(field.field.markdownCell) | \((field.old ?? "").markdownCell) | \((field.new ?? "").markdownCell) |\n"
        }
        out += "\n**Package:** \(summary(files))\n"
        var room = limit
        var left = 0
        for file in files {
            let section = details(file)
            room -= section.count
            if room < 0 { left += 1 } else { out += section }
        }
        if left > 0 { out += "\n\(left) more files differ; `capsule diff` shows them.\n" }
        return out
    }

    private func details(_ file: File) -> String {
        let body =
            switch file.diff {
            case nil: "Not shown: it is not text, or very large.\n"
            case "": "An empty file.\n"
            case let diff?: diff.markdownBlock("diff")
            }
        return "\n<details><summary>\(mark(file)) \(file.path.htmlCode)</summary>\n\n\(body)\n</details>\n"
    }

    private func time(_ text: String?) -> String {
        guard let text else { return "unknown" }
        return CapsuleFormat.seconds(text) == nil ? text.markdownCell : text
    }

    private func lines(_ field: Field) -> [String] {
        ["  \(field.field)", "    - \(field.old ?? "(none)")", "    + \(field.new ?? "(none)")"]
    }

    private func summary(_ files: [File]) -> String {
        guard !files.isEmpty else { return "no difference" }
        return [(File.Change.changed, "changed"), (.added, "added"), (.removed, "removed")].compactMap { change, word in
            let number = files.count { $0.change == change }
            return number == 0 ? nil : "\(number) \(word)"
        }.joined(separator: ", ")
    }

    private func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    private func mark(_ file: File) -> String {
        switch file.change {
        case .added: "+"
        case .removed: "-"
        case .changed: "~"
        }
    }
}
