namespace FastMerge.Backends;

/// <summary>
/// Writes a kernel for a fixed number of models: one loop over the elements, every value a local.
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
        writer.WriteKernel(name, Tag(input), Tag(output));
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
    protected override string MaskOf(uint slot) => $"q{slot}_{_model}[i]";

    void WriteKernel(string name, string input, string output)
    {
        Line($"static void {name}(const fm_kernel_args* a, fm_i64 n) {{");
        if (Program.ReadsBase)
            Line($"  const fm_t_{input}* FM_RESTRICT s0 = (const fm_t_{input}*)a->singles[0];");
        for (var k = 0; k < (Program.ReadsModels ? _models : 0); k++)
            Line($"  const fm_t_{input}* FM_RESTRICT m{k} = (const fm_t_{input}*)a->models[{k}];");
        Line($"  fm_t_{output}* FM_RESTRICT o0 = (fm_t_{output}*)a->outputs[0];");
        for (var u = 0; u < Program.Uniforms.Count; u++) Line($"  const float u{u} = a->uniforms[{u}];");
        ForEachModel(Program.ModelUniforms.Count, (slot, k) =>
            $"  const float p{slot}_{k} = a->uniforms[{Program.Uniforms.Count + slot * _models + k}];");
        ForEachModel(Program.Cuts.Count, (slot, k) => $"  const fm_u32 c{slot}_{k} = a->cuts[{slot * _models + k}];");
        ForEachModel(Program.RandomDensities.Count, (slot, k) =>
            $"  const fm_u32* FM_RESTRICT q{slot}_{k} = a->masks[{slot * _models + k}];");
        Line("  FM_FOR(i, n) {");
        WriteBody(input, output);
        Line("  }");
        Line("}");
    }

    void ForEachModel(int slots, Func<int, int, string> line)
    {
        for (var slot = 0; slot < slots; slot++)
            for (var k = 0; k < _models; k++) Line(line(slot, k));
    }

    void WriteBody(string input, string output)
    {
        var code = Program.Instructions;
        for (var at = 0; at < code.Count; at++)
        {
            if (code[at].Op != OpCode.ForModels)
            {
                WriteInstruction(code[at], input, output);
                continue;
            }
            var end = at + 1;
            while (code[end].Op != OpCode.EndModels) end++;
            for (_model = 0; _model < _models; _model++)
                for (var inner = at + 1; inner < end; inner++) WriteInstruction(code[inner], input, output);
            _model = 0;
            at = end;
        }
    }

    void WriteInstruction(Instruction i, string input, string output)
    {
        var type = IsMaskResult(i) ? "int" : "float";
        var line = i.Op switch
        {
            OpCode.LoadSingle => $"const float {Register(i.Destination)} = fm_dec_{input}(s{i.Immediate}[i]);",
            OpCode.LoadModel => $"const float {Register(i.Destination)} = fm_dec_{input}(m{_model}[i]);",
            OpCode.SumModels => _model == 0
                ? $"float {Register(i.Destination)} = {Read(i.A)};"
                : $"{Register(i.Destination)} = {Register(i.Destination)} + {Read(i.A)};",
            OpCode.Store => $"o{i.Immediate}[i] = fm_enc_{output}({Read(i.A)});",
            _ => $"const {type} {Register(i.Destination)} = {Expression(i)};",
        };
        Line("    " + line);
    }

    bool IsMaskResult(Instruction i) => i.Op != OpCode.Store && IsMask(i.Destination);

    string Register(int index) => IsPerModel(index) ? $"r{index}_{_model}" : $"r{index}";
}
