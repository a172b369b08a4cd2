namespace FastMerge.Backends;

/// <summary>
/// Writes a kernel for a fixed number of models: a function of one element, every value a local, and a loop
/// over the elements. Where input and output are the same 16-bit dtype the loop goes over words of two elements.
/// </summary>
sealed class UnrolledKernelText : KernelText
{
    readonly int _models;
    int _model;

    UnrolledKernelText(ElementProgram program, int models)
        : base(program) => _models = models;

    /// <summary>The text of the kernel.</summary>
    public static string Write(ElementProgram program, string name, int models, KernelDType input, KernelDType output)
    {
        var writer = new UnrolledKernelText(program, models);
        var pairs = input == output && input is KernelDType.BF16 or KernelDType.F16
            && program.RandomDensities.Count + program.Arrays.Count + program.ModelArrays.Count == 0;
        writer.WriteElementFunction($"{name}_element");
        if (pairs) writer.WritePairKernel(name, Tag(input));
        else writer.WriteKernel(name, Tag(input), Tag(output));
        return writer.Text.ToString();
    }

    /// <inheritdoc/>
    protected override string Read(Operand operand) => operand.Kind switch
    {
        OperandKind.Register => Register(operand.Index),
        OperandKind.Uniform => $"u{operand.Index}",
        OperandKind.ModelUniform => $"p{operand.Index}_{_model}",
        _ => Literal(operand.Index),
    };

    /// <inheritdoc/>
    protected override string CutOf(uint slot) => $"c{slot}_{_model}";

    /// <inheritdoc/>
    protected override string MaskOf(uint slot) => $"q{slot}_{_model}";

    /// <inheritdoc/>
    protected override string ArrayOf(uint slot, bool isOfModels) => isOfModels ? $"h{slot}_{_model}" : $"g{slot}";

    /// <summary>The inputs: the base's name and the models'.</summary>
    IEnumerable<string> Inputs() =>
        (Program.ReadsBase ? ["s0"] : Enumerable.Empty<string>())
        .Concat(Enumerable.Range(0, Program.ReadsModels ? _models : 0).Select(k => $"m{k}"));

    /// <summary>The side values: type, name and where the arguments have them.</summary>
    IEnumerable<(string Type, string Name, string Source)> SideValues() =>
        Enumerable.Range(0, Program.Uniforms.Count).Select(u => ("float", $"u{u}", $"a->uniforms[{u}]"))
        .Concat(OfModels(Program.ModelUniforms.Count, (slot, k) =>
            ("float", $"p{slot}_{k}", $"a->uniforms[{Program.Uniforms.Count + slot * _models + k}]")))
        .Concat(
            from slot in Enumerable.Range(0, Program.Cuts.Count)
            from k in Enumerable.Range(0, Program.Cuts[slot].Source.PerModel ? _models : 1)
            select ("fm_u32", $"c{slot}_{k}", $"a->cuts[{slot * _models + k}]"));

    IEnumerable<string> Masks() => OfModels(Program.RandomDensities.Count, (slot, k) => $"q{slot}_{k}");

    IEnumerable<string> Arrays() => Enumerable.Range(0, Program.Arrays.Count).Select(slot => $"g{slot}")
        .Concat(OfModels(Program.ModelArrays.Count, (slot, k) => $"h{slot}_{k}"));

    IEnumerable<T> OfModels<T>(int slots, Func<int, int, T> make) =>
        from slot in Enumerable.Range(0, slots) from k in Enumerable.Range(0, _models) select make(slot, k);

    void WriteElementFunction(string name)
    {
        var parameters = Inputs().Select(i => $"float {i}").Concat(SideValues().Select(v => $"{v.Type} {v.Name}"))
            .Concat(Masks().Select(m => $"fm_u32 {m}")).Concat(Arrays().Select(a => $"float {a}"));
        Line($"FM_FN float {name}({string.Join(", ", parameters)}) {{");
        WriteBody();
        Line("}");
    }

    /// <summary>A call of the element function, with the inputs' values as given.</summary>
    string Element(string name, Func<string, string> input) =>
        $"{name}_element(" + string.Join(", ", Inputs().Select(input).Concat(SideValues().Select(v => v.Name))
            .Concat(Masks().Select(m => $"{m}[i]")).Concat(Arrays().Select(a => $"{a}[i]"))) + ")";

    void WriteHead(string name)
    {
        Line($"static void {name}(const fm_kernel_args* a, fm_i64 n) {{");
        foreach (var (type, value, source) in SideValues()) Line($"  const {type} {value} = {source};");
        foreach (var (mask, at) in Masks().Select((m, at) => (m, at)))
            Line($"  const fm_u32* FM_RESTRICT {mask} = a->masks[{at}];");
        foreach (var (array, at) in Arrays().Select((a, at) => (a, at)))
            Line($"  const float* FM_RESTRICT {array} = a->arrays[{at}];");
    }

    void WritePointers(string type)
    {
        foreach (var input in Inputs())
        {
            var source = input[0] == 's' ? $"a->singles[{input[1..]}]" : $"a->models[{input[1..]}]";
            Line($"  const {type}* FM_RESTRICT {input} = (const {type}*){source};");
        }
    }

    void WriteKernel(string name, string input, string output)
    {
        WriteHead(name);
        WritePointers($"fm_t_{input}");
        Line($"  fm_t_{output}* FM_RESTRICT o0 = (fm_t_{output}*)a->outputs[0];");
        WriteLoop("n", [$"o0[i] = fm_enc_{output}({Element(name, x => $"fm_dec_{input}({x}[i])")});"]);
        Line("}");
    }

    void WritePairKernel(string name, string tag)
    {
        WriteHead(name);
        WritePointers("fm_t_pair");
        Line("  fm_t_pair* FM_RESTRICT o0 = (fm_t_pair*)a->outputs[0];");
        WriteLoop("n / 2", [
            $"o0[i] = fm_pair_{tag}({Element(name, x => $"fm_low_{tag}({x}[i])")},",
            $"    {Element(name, x => $"fm_high_{tag}({x}[i])")});"]);
        Line($"  if (n % 2) ((fm_t_{tag}*)o0)[n - 1] = fm_enc_{tag}(");
        Line($"      {Element(name, x => $"fm_dec_{tag}(((const fm_t_{tag}*){x})[n - 1])")});");
        Line("}");
    }

    /// <summary>Strip after strip, each after asking for a later one's memory.</summary>
    void WriteLoop(string count, string[] body)
    {
        Line($"  for (fm_i64 at = 0, all = {count}; at < all; at += FM_STRIP) {{");
        foreach (var buffer in Inputs().Append("o0")) Line($"    FM_PREFETCH({buffer} + at);");
        Line("    const fm_i64 end = all - at < FM_STRIP ? all : at + FM_STRIP;");
        Line("    FM_FOR_FROM(i, at, end)");
        foreach (var line in body) Line("      " + line);
        Line("  }");
    }

    void WriteBody()
    {
        var code = Program.Instructions;
        for (var at = 0; at < code.Count; at++)
        {
            if (code[at].Op != OpCode.ForModels)
            {
                WriteInstruction(code[at]);
                continue;
            }
            var end = at + 1;
            while (code[end].Op != OpCode.EndModels) end++;
            for (_model = 0; _model < _models; _model++)
                for (var inner = at + 1; inner < end; inner++) WriteInstruction(code[inner]);
            _model = 0;
            at = end;
        }
    }

    void WriteInstruction(Instruction i)
    {
        var line = i.Op switch
        {
            OpCode.LoadSingle => $"const float {Register(i.Destination)} = s{i.Immediate};",
            OpCode.LoadModel => $"const float {Register(i.Destination)} = m{_model};",
            OpCode.SumModels or OpCode.LargestModels or OpCode.MaxModels => _model == 0
                ? $"float {Register(i.Destination)} = {Read(i.A)};"
                : $"{Register(i.Destination)} = {Fold(i.Op, Register(i.Destination), Read(i.A))};",
            OpCode.Store => $"return {Read(i.A)};",
            _ => $"const {(IsMask(i.Destination) ? "int" : "float")} {Register(i.Destination)} = {Expression(i)};",
        };
        Line("  " + line);
    }

    string Register(int index) => IsPerModel(index) ? $"r{index}_{_model}" : $"r{index}";
}
