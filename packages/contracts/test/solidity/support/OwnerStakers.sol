// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {NodeState, SeedNode} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {DeployTimelock} from "./DeployTimelock.sol";
import {ReportTest} from "./ReportTest.sol";
import {Signer} from "./Signer.sol";
import {vm} from "./Vm.sol";

/// @title The stakers under an owner who is against them: what they do, and what they must not lose.
/// @dev The owner is a timelock of 22 days whose proposer is the adversary, who is the guardian too. Node i has the
/// secret key i. Every call of a staker must succeed, whatever the adversary did before it: that is the invariant.
abstract contract OwnerStakers is ReportTest {
    /// @dev What a staker does when it is decommissioned or sees something announced.
    enum Kind {
        Adversary,
        Contester, // signs a contest each epoch
        Slow, // has its operator contest after 30 silent reports
        Leaver, // leaves as soon as the adversary schedules or announces anything; contests until it is out
        Dead // does nothing, and is shown at times
    }

    /// @dev What is reached, so that a test can tell.
    enum Deed {
        Record,
        OwnerPause,
        GuardianPause,
        Announce,
        Emergency,
        DropFromFloor,
        DropSilent,
        Require,
        Takeover,
        Liquidate,
        Forfeit,
        Contest,
        Show,
        Leave,
        Paid,
        Join
    }

    struct Staker {
        Kind kind;
        bool isDown; // decommissioned, as last seen
        bool isPaid;
        uint256 stake;
        uint256 leaveAt;
        uint256 downAt;
        uint256 heardAt; // in accepted reports
        uint256 forfeited;
    }

    /// @notice A staker's call failed.
    error Blocked(uint64 id, bytes data, bytes answer);
    /// @notice Everybody could leave: the way back from the trial.
    error AllLeft();

    address internal constant ADVERSARY = address(0xbad);
    uint256 internal constant DELAY = 22 days;
    uint256 private constant SEEDED = 10;
    /// @dev The stated share of a node that was silent for 168 reports: 3 and 17 bps (P-36).
    uint256 private constant SILENT_REPORTS = 168;

    TimelockController internal timelock;
    Staker[] internal stakers; // by id; 0 is nobody
    uint256 private lastActive; // the bitmap that was last looked at
    bool internal isWarned;
    uint256 internal reports;
    uint256 internal clock;
    uint256[16] public done;

    function setUp() public virtual override {
        super.setUp();
        timelock = DeployTimelock.timelock(DELAY, ADVERSARY);
        SeedNode[] memory seeds = new SeedNode[](SEEDED);
        stakers.push();
        for (uint64 id = 1; id <= SEEDED; ++id) {
            Staker storage staker = stakers.push();
            (staker.kind, staker.stake) = (Kind(id % 5), STAKE);
            seeds[id - 1] = _seed(id, _operator(id));
        }
        rewards.seedPublicKeyList(seeds);
        token.transfer(address(rewards), rewards.principal());
        rewards.setGuardian(ADVERSARY);
        rewards.transferOwnership(address(timelock));
        bytes memory accept = abi.encodeCall(rewards.acceptOwnership, ());
        vm.prank(ADVERSARY);
        timelock.schedule(address(rewards), 0, accept, 0, 0, DELAY);
        vm.warp(vm.getBlockTimestamp() + DELAY);
        timelock.execute(address(rewards), 0, accept, 0, 0);
        vm.prank(FOUNDER);
        rewards.start();
        clock = vm.getBlockTimestamp();
    }

    // --- what must hold ---

    function checkAll() external {
        vm.warp(clock);
        uint256 held = 0;
        for (uint64 id = 1; id < stakers.length; ++id) {
            Staker storage staker = stakers[id];
            if (!staker.isPaid) held += staker.stake - staker.forfeited;
        }
        assertEq(rewards.principal(), held);
        assertEq(token.balanceOf(address(rewards)), held);
        (, bytes memory answer) = address(this).call(abi.encodeCall(this.letAllLeave, ()));
        vm.warp(clock);
        if (bytes4(answer) == AllLeft.selector) return;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }

    /// @dev Whatever was done until now, and though the owner pauses once more for as long as it may: everybody who
    /// asks to leave is out 15 days later, with its stake. Always reverts, so that nothing of it stays.
    function letAllLeave() external {
        address owner = rewards.owner();
        vm.prank(owner);
        rewards.pause(30 days);
        for (uint64 id = 1; id < stakers.length; ++id) {
            if (_isInSet(id) && stakers[id].leaveAt == 0) _leave(id);
        }
        vm.warp(vm.getBlockTimestamp() + 15 days);
        for (uint64 id = 1; id < stakers.length; ++id) {
            if (_isInSet(id)) _getOut(id);
        }
        revert AllLeft();
    }

    // --- what the stakers do ---

    /// @dev Everybody does what its kind does. It comes at least after each accepted report and each step of the
    /// adversary.
    function _react() internal {
        uint64[] memory contesting = new uint64[](stakers.length);
        (uint256 count, uint256 secret) = (0, 0);
        for (uint64 id = 1; id < stakers.length; ++id) {
            Staker storage staker = stakers[id];
            if (staker.kind == Kind.Adversary || staker.isPaid) continue;
            if (staker.kind == Kind.Leaver && isWarned && staker.leaveAt == 0 && _isInSet(id)) _leave(id);
            if (staker.leaveAt != 0 && vm.getBlockTimestamp() >= staker.leaveAt + 15 days && _isInSet(id)) _getOut(id);
            else if (staker.forfeited != 0) _takeRest(id);
            if (!staker.isDown || !_isInSet(id)) continue;
            if (staker.kind == Kind.Slow && reports - staker.heardAt >= 30) _contestAlone(id);
            if (staker.kind != Kind.Contester && staker.kind != Kind.Leaver) continue;
            contesting[count++] = id;
            secret += id;
        }
        assembly ("memory-safe") {
            mstore(contesting, count)
        }
        if (count != 0) _contestTogether(contesting, secret);
    }

    function _contestTogether(uint64[] memory ids, uint256 secret) private {
        uint64 epoch = uint64((vm.getBlockTimestamp() - rewards.genesis()) / EPOCH);
        BLS.G2Point memory signature = Signer.sign(secret, rewards.hashContest(epoch));
        _must(ids[0], address(0x57), abi.encodeCall(rewards.contestSigned, (epoch, signature, ids)));
        for (uint256 i = 0; i < ids.length; ++i) stakers[ids[i]].heardAt = reports;
        ++done[uint256(Deed.Contest)];
    }

    function _contestAlone(uint64 id) private {
        _must(id, _operator(id), abi.encodeCall(rewards.contest, (id)));
        stakers[id].heardAt = reports;
        ++done[uint256(Deed.Contest)];
    }

    function _leave(uint64 id) internal {
        _must(id, _operator(id), abi.encodeCall(rewards.initiateExitBLSPublicKey, (id)));
        stakers[id].leaveAt = vm.getBlockTimestamp();
        ++done[uint256(Deed.Leave)];
    }

    /// @dev A node that asked to leave is out 15 days later, and is paid its whole stake.
    function _getOut(uint64 id) internal {
        _must(id, address(0x57), abi.encodeCall(rewards.exitBLSPublicKey, (id)));
        _bePaid(id, stakers[id].stake);
    }

    /// @dev Of a liquidated node all but the stated share comes back, 30 days after the decommission.
    function _takeRest(uint64 id) private {
        if (vm.getBlockTimestamp() < stakers[id].downAt + 30 days) return;
        _bePaid(id, stakers[id].stake - stakers[id].stake * 3 / 10_000 - stakers[id].stake * 17 / 10_000);
    }

    function _bePaid(uint64 id, uint256 amount) private {
        address operator = _operator(id);
        uint256 before = token.balanceOf(operator);
        _must(id, operator, abi.encodeCall(rewards.withdrawPrincipal, (id)));
        assertEq(token.balanceOf(operator), before + amount);
        stakers[id].isPaid = true;
        ++done[uint256(Deed.Paid)];
    }

    /// @dev Notes who went down, and who came back. Comes after every call that may do that.
    function _observe() internal {
        uint256 active = rewards.activeBitmap(0);
        if (active == lastActive) return;
        for (uint64 id = 1; id < stakers.length; ++id) {
            Staker storage staker = stakers[id];
            if ((active >> id) & 1 == 1) {
                staker.isDown = false;
            } else if (!staker.isDown && rewards.node(id).state == NodeState.Decommissioned) {
                (staker.isDown, staker.downAt, staker.heardAt) = (true, vm.getBlockTimestamp(), reports);
            }
        }
        lastActive = active;
    }

    /// @dev Somebody liquidates: it can hit only whom nobody has heard of for 168 reports, and takes the stated share.
    function _noteLiquidation(uint64 id) internal {
        Staker storage staker = stakers[id];
        bool isSilent = staker.kind == Kind.Dead || staker.kind == Kind.Adversary;
        assertTrue(isSilent && staker.isDown, "nobody is liquidated who contests");
        assertTrue(reports - staker.heardAt >= SILENT_REPORTS, "nor who was shown");
        staker.forfeited = staker.stake * 3 / 10_000 + staker.stake * 17 / 10_000;
        ++done[uint256(Deed.Liquidate)];
        if (staker.kind == Kind.Dead) ++done[uint256(Deed.Forfeit)];
    }

    // --- helpers ---

    /// @dev Out is who was let out and paid, and who was liquidated.
    function _isInSet(uint64 id) internal view returns (bool) {
        return !stakers[id].isPaid && stakers[id].forfeited == 0;
    }

    function _operator(uint64 id) internal view returns (address) {
        bool isAdversary = stakers.length > id ? stakers[id].kind == Kind.Adversary : id % 5 == 0;
        return isAdversary ? ADVERSARY : address(uint160(0xe000 + id));
    }

    function _must(uint64 id, address from, bytes memory data) private {
        vm.prank(from);
        (bool success, bytes memory answer) = address(rewards).call(data);
        if (!success) revert Blocked(id, data, answer);
    }
}
