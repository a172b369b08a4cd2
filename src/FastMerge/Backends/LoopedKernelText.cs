namespace FastMerge.Backends;

/// <summary>
/// Writes a kernel for any number of models: tiles of FM_TILE elements, a loop over the models for each
/// loop of the program, and tiles in L1 for the values that cross from one loop to another.
/// </summary>
sealed class LoopedKernelText : KernelText
{
    readonly Dictionary<int, int> _scratchTile = [];
    readonly HashSet<int> _tiles = [];
    readonly HashSet<int> _local = [];
    bool _inLoop;

    LoopedKernelText(ElementProgram program)
        : base(program) => FindTiles();

    /// <summary>The text of the kernel and the number of per-model tiles it keeps.</summary>
    public static (string Text, int ScratchTiles) Write(
        ElementProgram program, string name, KernelDType input, KernelDType output)
    {
        var writer = new LoopedKernelText(program);
        writer.WriteKernel(name, Tag(input), Tag(output));
        return (writer.Text.ToString(), writer._scratchTile.Count);
    }

    /// <inheritdoc/>
    protected override string Read(Operand operand) => operand.Kind switch
    {
        OperandKind.Register => ReadRegister(operand.Index),
        OperandKind.Uniform => $"u{operand.Index}",
        OperandKind.ModelUniform => $"p{operand.Index}",
        _ => Literal(operand.Index),
    };

    /// <inheritdoc/>
    protected override string CutOf(uint slot) => $"c{slot}";

    /// <inheritdoc/>
    protected override string MaskOf(uint slot) => $"q{slot}[i]";

    /// <inheritdoc/>
    protected override string ArrayOf(uint slot, bool isOfModels) => isOfModels ? $"h{slot}[i]" : $"g{slot}[i]";

    string ReadRegister(int r)
    {
        if (_local.Contains(r)) return $"v{r}";
        return IsMask(r) ? $"(t{r}[i] != 0.0f)" : $"t{r}[i]";
    }

    void FindTiles()
    {
        var segment = 0;
        var definedIn = new Dictionary<int, int>();
        foreach (var i in Program.Instructions)
        {
            if (i.Op is OpCode.ForModels or OpCode.EndModels)
            {
                segment++;
                continue;
            }
            foreach (var operand in i.Op.IsSink() ? [] : new[] { i.A, i.B, i.C })
                if (operand is { Exists: true, Kind: OperandKind.Register } && definedIn[operand.Index] != segment)
                    Keep(operand.Index);
            if (i.Op == OpCode.Store || i.Op.IsSink()) continue;
            definedIn[i.Destination] = i.Op.IsFold() ? -1 : segment;
            if (IsSunkFold(i.Destination)) _tiles.Add(i.Destination);
        }
    }

    void Keep(int register)
    {
        if (!IsPerModel(register)) _tiles.Add(register);
        else _scratchTile.TryAdd(register, _scratchTile.Count);
    }

    void WriteKernel(string name, string input, string output)
    {
        Line($"static void {name}(const fm_kernel_args* a, fm_i64 n) {{");
        if (Program.Registers.Any(r => (r & 1) != 0) || Program.Cuts.Count + Program.RandomDensities.Count > 0)
            Line("  const fm_i64 models = a->model_count;");
        for (var u = 0; u < Program.Uniforms.Count; u++) Line($"  const float u{u} = a->uniforms[{u}];");
        foreach (var r in _tiles.Where(r => !IsSunkFold(r)).Order()) Line($"  alignas(64) float t{r}[FM_TILE];");
        Line("  for (fm_i64 at = 0; at < n; at += FM_TILE) {");
        Line("    const fm_i64 length = n - at < FM_TILE ? n - at : FM_TILE;");
        if (Program.ReadsBase)
            Line($"    const fm_t_{input}* FM_RESTRICT s0 = (const fm_t_{input}*)a->singles[0] + at;");
        for (var slot = 0; slot < Program.Arrays.Count; slot++)
            Line($"    const float* FM_RESTRICT g{slot} = a->arrays[{slot}] + at;");
        var outside = Program.Instructions.Where((_, at) => !InLoop(at)).ToArray();
        foreach (var slot in outside.SelectMany(CutsOf).Distinct())
            Line($"    const fm_u32 c{slot} = a->cuts[{slot} * (models ? models : 1)];");
        foreach (var slot in outside.Where(IsRandomKeep).Select(i => i.Immediate).Distinct())
            Line($"    const fm_u32* FM_RESTRICT q{slot} = a->masks[{slot} * (models ? models : 1)] + at;");
        if (Program.Outputs > 0)
            Line($"    fm_t_{output}* FM_RESTRICT o0 = (fm_t_{output}*)a->outputs[0] + at;");
        foreach (var r in SinkRegisters.Where(r => !IsPerModel(r)))
            Line($"    float* FM_RESTRICT {(IsSunkFold(r) ? "t" : "w")}{r} = "
                + $"(float*)a->outputs[{SinkOutput(r)}] + at;");
        WriteSegments(input, output);
        Line("  }");
        Line("}");
    }

    void WriteSegments(string input, string output)
    {
        var code = Program.Instructions;
        for (var at = 0; at < code.Count;)
        {
            _inLoop = code[at].Op == OpCode.ForModels;
            if (_inLoop) at++;
            var end = at;
            while (end < code.Count && code[end].Op is not (OpCode.ForModels or OpCode.EndModels)) end++;
            var segment = code.Skip(at).Take(end - at).Where(i => !i.Op.IsSink()).ToArray();
            if (_inLoop) WriteLoop(segment, input, output);
            else WriteElements(segment, input, output, "    ");
            at = _inLoop ? end + 1 : end;
        }
    }

    void WriteLoop(Instruction[] segment, string input, string output)
    {
        if (segment.Length == 0) return;
        var folds = segment.Where(i => i.Op.IsFold()).ToArray();
        if (folds.Length > 0)
            Line("    FM_FOR(i, length) { "
                + string.Concat(folds.Select(i => $"t{i.Destination}[i] = {FoldStart(i.Op)}; ")) + "}");
        Line("    for (fm_i64 k = 0; k < models; ++k) {");
        if (segment.Any(i => i.Op == OpCode.LoadModel))
            Line($"      const fm_t_{input}* FM_RESTRICT m = (const fm_t_{input}*)a->models[k] + at;");
        foreach (var slot in SlotsOf(segment, OperandKind.ModelUniform))
            Line($"      const float p{slot} = a->uniforms[{Program.Uniforms.Count} + {slot} * models + k];");
        foreach (var slot in segment.SelectMany(CutsOf).Distinct())
            Line($"      const fm_u32 c{slot} = a->cuts[{slot} * models + k];");
        foreach (var slot in segment.Where(i => i.Op == OpCode.LoadModelArray).Select(i => i.Immediate).Distinct())
            Line($"      const float* FM_RESTRICT h{slot} = "
                + $"a->arrays[{Program.Arrays.Count} + {slot} * models + k] + at;");
        foreach (var slot in segment.Where(IsRandomKeep).Select(i => i.Immediate).Distinct())
            Line($"      const fm_u32* FM_RESTRICT q{slot} = a->masks[{slot} * models + k] + at;");
        var touched = segment.Select(i => i.Destination).Concat(SlotsOf(segment, OperandKind.Register)).Distinct();
        foreach (var r in touched.Where(_scratchTile.ContainsKey))
            Line($"      float* FM_RESTRICT t{r} = a->scratch + ({_scratchTile[r]} * models + k) * FM_TILE;");
        foreach (var r in segment.Select(i => i.Destination).Where(r => SinkRegisters.Contains(r) && IsPerModel(r)))
            Line($"      float* FM_RESTRICT w{r} = (float*)a->outputs[{SinkOutput(r)} + k] + at;");
        WriteElements(segment, input, output, "      ");
        Line("    }");
    }

    /// <summary>Whether a sink reads a fold: its tile is the output itself.</summary>
    bool IsSunkFold(int register) => SinkRegisters.Contains(register)
        && Program.Instructions.Any(i => i.Op.IsFold() && i.Destination == register);

    /// <summary>The number of a register's output; of one with a value for each model, the first model's.</summary>
    string SinkOutput(int register)
    {
        var before = SinkRegisters.TakeWhile(r => r != register).ToArray();
        return $"{before.Count(r => !IsPerModel(r))} + {before.Count(IsPerModel)} * models";
    }

    static bool IsRandomKeep(Instruction i) => i.Op is OpCode.RandomKeep or OpCode.RandomKeepAt;

    bool InLoop(int at) =>
        Program.Instructions.Take(at).Count(i => i.Op is OpCode.ForModels or OpCode.EndModels) % 2 == 1;

    static IEnumerable<int> SlotsOf(Instruction[] segment, OperandKind kind) => segment
        .SelectMany(i => new[] { i.A, i.B, i.C })
        .Where(o => o.Exists && o.Kind == kind).Select(o => o.Index).Distinct();

    static IEnumerable<uint> CutsOf(Instruction i) => i.Op switch
    {
        OpCode.KeepLargest => [i.Immediate],
        OpCode.KeepBand => [i.Immediate & 0xffff, i.Immediate >> 16],
        _ => [],
    };

    void WriteElements(Instruction[] segment, string input, string output, string indent)
    {
        if (segment.Length == 0) return;
        _local.Clear();
        Line($"{indent}FM_FOR(i, length) {{");
        foreach (var i in segment) WriteInstruction(i, input, output, indent + "  ");
        Line($"{indent}}}");
        _local.Clear();
    }

    void WriteInstruction(Instruction i, string input, string output, string indent)
    {
        if (i.Op == OpCode.Store)
        {
            Line($"{indent}o{i.Immediate}[i] = fm_enc_{output}({Read(i.A)});");
            return;
        }
        if (i.Op.IsFold())
        {
            Line($"{indent}t{i.Destination}[i] = {Fold(i.Op, $"t{i.Destination}[i]", Read(i.A))};");
            return;
        }
        var value = i.Op switch
        {
            OpCode.LoadSingle => $"fm_dec_{input}(s{i.Immediate}[i])",
            OpCode.LoadModel => $"fm_dec_{input}(m[i])",
            _ => Expression(i),
        };
        var (register, mask) = (i.Destination, IsMask(i.Destination));
        Line($"{indent}const {(mask ? "int" : "float")} v{register} = {value};");
        _local.Add(register);
        if (SinkRegisters.Contains(register)) Line($"{indent}w{register}[i] = v{register};");
        if (_tiles.Contains(register) || _scratchTile.ContainsKey(register))
            Line($"{indent}t{register}[i] = {(mask ? $"v{register} ? 1.0f : 0.0f" : $"v{register}")};");
    }
}
