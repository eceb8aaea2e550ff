// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IServiceNodeContribution} from "../interfaces/IServiceNodeContribution.sol";
import {IServiceNodeContributionFactory} from "../interfaces/IServiceNodeContributionFactory.sol";
import {
    Contributor,
    IServiceNodeRegistry,
    Node,
    NodeState,
    Registration,
    SeedNode
} from "../interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "../interfaces/IServiceNodeRewards.sol";
import {KeyStore} from "../KeyStore.sol";
import {ActiveSet} from "./ActiveSet.sol";
import {Bls} from "./Bls.sol";
import {BPS} from "./Bps.sol";
import {Digests} from "./Digests.sol";
import {NodeData} from "./NodeData.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title How nodes enter the set.
/// @dev Linked: it runs on the storage of ServiceNodeRewards. Moving tokens is the caller's job.
library RegistrationLib {
    /// @dev A node has at most this many contributors (P-27); their withdrawals fit the flags of one record.
    uint256 internal constant MAX_CONTRIBUTORS = 10;
    /// @dev The operator's least part of the stake, 25% (P-27).
    uint256 internal constant MIN_OPERATOR_BPS = 2_500;
    /// @dev Registrations a block: 20, or 2% of the nodes when that is more (P-28).
    uint256 internal constant MIN_REGISTRATIONS_PER_BLOCK = 20;
    uint256 internal constant REGISTRATIONS_PER_BLOCK_BPS = 200;

    /// @notice Refuses a chain without the precompiles (P-32), makes the stores of node data, starts ids at 1 (P-20).
    function initialize() external {
        Bls.checkPrecompiles();
        // Both addresses are derived from the proxy's from now on, so they must be its first two contracts.
        (address keyStore, address packStore) = (address(new KeyStore()), address(new KeyStore()));
        if (keyStore != NodeData.keyStore()) revert IServiceNodeRewards.WrongAddress("keyStore", keyStore);
        if (packStore != NodeData.packStore()) revert IServiceNodeRewards.WrongAddress("packStore", packStore);
        RewardsStorage.load().nextId = 1;
    }

    /// @notice See `IServiceNodeRegistry.packNodes`.
    function pack() external {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 group = $.packedGroups;
        if ($.nextId < (group + 1) * NodeData.GROUP_SIZE) {
            revert IServiceNodeRegistry.GroupNotFull(group, $.nextId);
        }
        address pointer = KeyStore(NodeData.packStore()).append(NodeData.readGroup(group));
        assert(pointer == NodeData.addressOf(NodeData.packStore(), group + 1));
        $.packedGroups = uint16(group + 1);
        emit IServiceNodeRegistry.NodesPacked(group, pointer);
    }

    /// @notice Enters one node as active, before the start (P-21).
    function seed(bytes32 domainSeparator, SeedNode calldata seedNode) external {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        (uint64 id, uint128 stake, bytes32[3] memory key) =
            _enter(domainSeparator, seedNode.registration, seedNode.contributors, NodeState.Active);
        ActiveSet.add(id);
        $.activeStake += uint96(stake);
        $.aggregateKey = Bls.pack(Bls.add(Bls.unpack($.aggregateKey), Bls.unpack(key)));
    }

    /// @notice Enters a node as pending, within the limit of a block (P-28).
    function register(bytes32 domainSeparator, Registration calldata registration, Contributor[] calldata contributors)
        external
        returns (uint64 id, uint128 stake)
    {
        _countRegistration();
        (id, stake,) = _enter(domainSeparator, registration, contributors, NodeState.Pending);
        _checkCaller(contributors[0].addr);
    }

    /// @notice See `IServiceNodeRegistry.node`.
    function node(uint64 id) external view returns (Node memory result) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        RewardsStorage.NodeRecord storage record = $.records[id];
        if (record.state == NodeState.None) revert IServiceNodeRegistry.UnknownId(id, $.nextId);
        bytes32[3] memory key;
        (key, result.stake, result.operator, result.identityKey, result.feeBps, result.contributors) =
            NodeData.decode(NodeData.pieceOf(id));
        result.blsKey = Bls.unpack(key);
        result.state = record.state;
        result.registeredAt = record.registeredAt;
        result.leaveRequestedAt = record.leaveRequestedAt;
        result.lastLeaveRequestAt = record.lastLeaveRequestAt;
        result.decommissionedAt = record.decommissionedAt;
        result.heardAtReport = record.heardAtReport;
        result.unlocksAt = record.unlocksAt;
        uint16 flags = record.flags;
        result.withdrawn = flags & (RewardsStorage.SILENT_FLAG - 1);
        result.silent = flags & RewardsStorage.SILENT_FLAG != 0;
        result.keptOut = flags & RewardsStorage.KEPT_OUT_FLAG != 0;
        result.liquidated = flags & RewardsStorage.LIQUIDATED_FLAG != 0;
    }

    function _enter(
        bytes32 domainSeparator,
        Registration calldata registration,
        Contributor[] calldata contributors,
        NodeState state
    ) private returns (uint64 id, uint128 stake, bytes32[3] memory key) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        stake = _checkStakes(contributors, $.stakingRequirement);
        if (registration.feeBps > BPS) revert IServiceNodeRegistry.FeeTooLarge(registration.feeBps);
        key = _checkKey(domainSeparator, registration, contributors[0].addr);

        id = $.nextId;
        bytes32 keyHash = keccak256(abi.encode(key));
        uint64 holder = $.idOfKey[keyHash];
        if (holder != 0 && $.records[holder].state != NodeState.Exited) revert IServiceNodeRegistry.KeyInUse(holder);
        $.idOfKey[keyHash] = id;
        $.nextId = id + 1;
        $.nodeCount += 1;
        $.principal += uint96(stake);
        RewardsStorage.NodeRecord storage record = $.records[id];
        record.state = state;
        record.registeredAt = uint40(block.timestamp);

        address data = KeyStore(NodeData.keyStore()).append(NodeData.encode(key, stake, registration, contributors));
        // `verify` derives the address from the id alone, so the two must never part.
        assert(data == NodeData.pieceOf(id));
        emit IServiceNodeRegistry.NewServiceNode(
            id, contributors[0].addr, state == NodeState.Active, registration, contributors
        );
    }

    /// @dev P-27: the operator, or a factory-made contribution contract of that operator.
    function _checkCaller(address operator) private view {
        if (msg.sender == operator) return;
        address factory = RewardsStorage.load().contributionFactory;
        bool isOfOperator = factory != address(0) && IServiceNodeContributionFactory(factory).isContribution(msg.sender)
            && IServiceNodeContribution(msg.sender).operator() == operator;
        if (!isOfOperator) revert IServiceNodeRegistry.CallerNotOperator(msg.sender, operator);
    }

    /// @dev The rules of P-27 on contributors.
    function _checkStakes(Contributor[] calldata contributors, uint128 required) private pure returns (uint128) {
        uint256 count = contributors.length;
        if (count == 0 || count > MAX_CONTRIBUTORS) {
            revert IServiceNodeRegistry.ContributorCountOutOfRange(count, MAX_CONTRIBUTORS);
        }
        uint256 total = 0;
        for (uint256 i = 0; i < count; ++i) {
            Contributor calldata c = contributors[i];
            if (c.addr == address(0) || c.beneficiary == address(0)) revert IServiceNodeRegistry.ContributorIsZero(i);
            if (c.stake == 0) revert IServiceNodeRegistry.StakeIsZero(i);
            for (uint256 j = 0; j < i; ++j) {
                if (contributors[j].addr == c.addr) revert IServiceNodeRegistry.DuplicateContributor(c.addr);
            }
            total += c.stake;
        }
        if (total != required) revert IServiceNodeRegistry.StakeMismatch(total, required);
        uint256 minimum = Math.ceilDiv(uint256(required) * MIN_OPERATOR_BPS, BPS);
        if (contributors[0].stake < minimum) {
            revert IServiceNodeRegistry.OperatorStakeTooSmall(contributors[0].stake, minimum);
        }
        return required;
    }

    /// @dev P-8. The pairing also proves that the key is in its subgroup and canonical, so it may be packed and added.
    function _checkKey(bytes32 domainSeparator, Registration calldata registration, address operator)
        private
        view
        returns (bytes32[3] memory key)
    {
        BLS.G1Point memory point = registration.blsKey;
        if (Bls.isInfinity(point)) revert IServiceNodeRegistry.KeyAtInfinity();
        if (Bls.isInfinity(registration.proofOfPossession)) revert IServiceNodeRegistry.SignatureAtInfinity();
        if (registration.identityKey == 0) revert IServiceNodeRegistry.IdentityKeyIsZero();
        key = Bls.pack(point);
        bytes32 digest = Digests.proofOfPossession(domainSeparator, key, operator, registration.identityKey);
        if (!Bls.isValid(point, digest, registration.proofOfPossession)) {
            revert IServiceNodeRegistry.InvalidProofOfPossession(digest, operator);
        }
    }

    /// @dev P-28.
    function _countRegistration() private {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 share = uint256($.nodeCount) * REGISTRATIONS_PER_BLOCK_BPS / BPS;
        uint256 limit = share > MIN_REGISTRATIONS_PER_BLOCK ? share : MIN_REGISTRATIONS_PER_BLOCK;
        uint256 taken = $.registrationBlock == block.number ? $.registrationsInBlock : 0;
        if (taken >= limit) revert IServiceNodeRegistry.TooManyRegistrations(limit);
        $.registrationBlock = uint64(block.number);
        $.registrationsInBlock = uint32(taken + 1);
    }
}
