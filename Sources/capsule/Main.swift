import CapsuleCommands

@main
struct Main {
    static func main() { Program.main() }
}
