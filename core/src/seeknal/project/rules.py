def audits_of_rule(raw, problems):
    return []
